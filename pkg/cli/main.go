// Package cli is the command ostiary: it turns arguments into calls of the
// resource API and the answers into tables, JSON, YAML and exit codes.
//
// Results go to stdout, all else to stderr, and no token goes anywhere but to
// stdout, once, when it is made.
package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Version is the program's version; builds set it with -ldflags.
var Version = "dev"

// app is one run of the program: its streams and the flags that all commands
// share.
type app struct {
	in    io.Reader
	out   io.Writer // results
	err   io.Writer // all else
	flags commonFlags

	command  *cobra.Command // the one that ran, for the hints of errors
	keyFrom  string         // where the API key was taken from, for the hints of errors
	urlFrom  string         // where the server's address was taken from
	changing bool           // a change was sent and may have been carried out
}

// Main runs the command line with the arguments that follow the program's
// name, and returns the exit code.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // whoever asks a second time does not want to wait

	a := &app{in: stdin, out: stdout, err: stderr}
	root := newRootCommand(a)
	root.SetArgs(args)
	var err error
	a.command, err = root.ExecuteContextC(ctx)
	return a.report(ctx, err)
}
