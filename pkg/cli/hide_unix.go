//go:build unix

package cli

import (
	"fmt"
	"os"
	"slices"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/ostiary/ostiary/pkg/config"
)

// hideAddress begins the program anew if the store's address stands with a
// password among its arguments, which every user of the machine can list. The
// address is then in the environment, which only the same user can read.
func hideAddress(flags *pflag.FlagSet) error {
	given := flags.Lookup("store")
	if given == nil || !given.Changed || !config.HoldsPassword(given.Value.String()) {
		return nil
	}
	args, found := without(os.Args, "--store", given.Value.String())
	if !found { // it did not come from the command line
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("the store's address cannot be taken out of the arguments: %w; give it in %sSTORE", err, config.EnvPrefix)
	}
	env := append(os.Environ(), config.EnvPrefix+"STORE="+given.Value.String())
	return syscall.Exec(self, args, env) //nolint:gosec // itself
}

// without returns arguments without a flag that has a value.
func without(args []string, flag, value string) (rest []string, found bool) {
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == flag+"="+value:
			found = true
		case args[i] == flag && i+1 < len(args) && args[i+1] == value:
			found = true
			i++
		default:
			rest = append(rest, args[i])
		}
	}
	return slices.Clip(rest), found
}
