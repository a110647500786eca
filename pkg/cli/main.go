// Package cli is the command ostiary: it turns arguments into calls of the
// resource API and the answers into tables, JSON, YAML and exit codes.
//
// Results go to stdout, all else to stderr, and no token goes anywhere but to
// stdout, once, when it is made.
package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/cli/contexts"
)

// Version is the program's version; builds set it with -ldflags.
var Version = "dev"

// app is one run of the program: its streams and the flags that all commands
// share.
type app struct {
	in    io.Reader
	out   *results
	err   io.Writer // all else
	flags commonFlags

	command  *cobra.Command   // the one that ran, for the hints of errors
	hangups  <-chan os.Signal // nil but for a server
	keyFrom  string           // where the API key was taken from, for the hints of errors
	urlFrom  string           // where the server's address was taken from
	changing bool             // a change was sent and may have been carried out

	leftOut   *contexts.Context // the current context, if it is not for the address that was given
	noContext error             // why the contexts cannot be read, if they cannot
}

// Main runs the command line with the arguments that follow the program's
// name, and returns the exit code.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl+C ends the program at once

	a := &app{hangups: hangups(args), in: stdin, out: &results{Writer: stdout}, err: stderr}
	root := newRootCommand(a)
	root.SetArgs(args)
	var err error
	a.command, err = root.ExecuteContextC(ctx)
	return a.report(ctx, err)
}

// hangups are the signals that make a server reload its configuration. They are caught before anything else, because
// one that comes while a server starts must not end it. Other commands end with their terminal.
func hangups(args []string) <-chan os.Signal {
	if !slices.Contains(args, "serve") {
		return nil
	}
	signals := make(chan os.Signal, 1) // of several at once, one is enough
	signal.Notify(signals, syscall.SIGHUP)
	return signals
}

// results is stdout. It remembers a failure, because not all who write there
// look whether it worked.
type results struct {
	io.Writer
	err error
}

func (r *results) Write(p []byte) (int, error) {
	n, err := r.Writer.Write(p)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("the result could not be written: %w", err)
	}
	return n, err
}
