//go:build !unix

package cli

import "github.com/spf13/pflag"

// hideAddress does nothing where a program cannot begin anew as itself.
func hideAddress(*pflag.FlagSet) error { return nil }
