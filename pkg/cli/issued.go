package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/cli/term"
)

const tokenHelp = `The whole key is printed once, alone on stdout; it cannot be shown again. With
-o token nothing but the key is printed, and -o json gives it with all that
belongs to it.`

// showIssued prints the token of a key that was made, or given another token, with an explanation for people. Did says
// which it was.
func (a *app) showIssued(did string, issued *api.IssuedKey, more ...string) error {
	k := issued.Key
	if a.flags.output == formatTable {
		a.say("%s the key %q (%s), role %s, %s.", did, k.Name, k.ID, k.Role, expiry(&k, time.Now()))
		for _, line := range more {
			if line != "" {
				a.say("%s", line)
			}
		}
		a.say("This is the only time that the whole key is shown:")
	}
	return a.showToken(issued, issued.Token)
}

// showToken writes an answer that holds a token; line is its form for people.
func (a *app) showToken(issued *api.IssuedKey, line string) error {
	if a.flags.output == formatToken {
		line = issued.Token
	}
	err := a.show(issued, func(w io.Writer) { _, _ = fmt.Fprintln(w, term.Printable(line)) })
	if err != nil {
		a.say("ostiary: the key %q (%s) is made, but the only copy of it is lost; make another with: ostiary key rotate %s", issued.Key.Name, issued.Key.ID, issued.Key.ID)
	}
	return err
}
