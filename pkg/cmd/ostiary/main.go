// Command ostiary is the server and the command line: see package cli.
package main

import (
	"os"

	"github.com/ostiary/ostiary/pkg/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
