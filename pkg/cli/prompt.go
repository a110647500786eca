package cli

import (
	"context"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/secretfile"
)

// maxSecret is how much of stdin is read where a key is expected, in bytes.
const maxSecret = 64 << 10

// canAsk reports whether a person sits in front of the program.
func (a *app) canAsk() bool { return term.Is(a.in) && term.Is(a.err) }

// mayConfirm fails if nobody can be asked and --yes does not answer. It comes
// before anything is changed.
func (a *app) mayConfirm(cmd *cobra.Command, args []string) error {
	if a.flags.yes || a.canAsk() {
		return nil
	}
	return failed(exitUsage, "type: "+commandLine(cmd, args)+" --yes",
		"nobody can be asked whether to go on, because this is not a terminal")
}

// confirm asks whether to go on, unless --yes said so.
func (a *app) confirm(ctx context.Context, question string) error {
	if a.flags.yes {
		return nil
	}
	yes, err := term.Ask(ctx, a.in, a.err, question)
	if err != nil || yes {
		return err
	}
	return failed(exitFailed, "", "nothing was changed")
}

// readSecret reads a key: from a terminal without showing it, or all of
// stdin, which must hold nothing else.
func (a *app) readSecret(ctx context.Context, prompt string) (string, error) {
	var text string
	var err error
	if a.canAsk() {
		text, err = term.ReadHidden(ctx, a.in.(*os.File), a.err, prompt)
	} else {
		text, err = term.ReadAll(ctx, a.in, maxSecret)
	}
	if err != nil {
		return "", err
	}
	plain, err := secretfile.ParseText("stdin", []byte(text)) // a pipe of Windows may begin with a mark
	if err != nil {
		return "", usageError("%s", err)
	}
	secret := strings.TrimSpace(string(plain))
	switch {
	case secret == "":
		return "", usageError("stdin is empty; the key is read from there")
	case strings.ContainsAny(secret, " \t\r\n") || len(text) >= maxSecret:
		return "", usageError("stdin holds more than one word; it must hold the key alone")
	}
	return secret, nil
}

// commandLine is what was typed, without keys, to be typed again.
func commandLine(cmd *cobra.Command, args []string) string {
	words := []string{cmd.CommandPath()}
	for _, arg := range args {
		words = append(words, term.Quote(arg))
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		slice, isSlice := f.Value.(pflag.SliceValue)
		switch {
		case f.Name == "api-key":
		case isSlice:
			for _, value := range slice.GetSlice() {
				words = append(words, "--"+f.Name+" "+term.Quote(value))
			}
		case f.Value.Type() != "bool":
			words = append(words, "--"+f.Name+" "+term.Quote(f.Value.String()))
		case f.Value.String() == "true":
			words = append(words, "--"+f.Name)
		default:
			words = append(words, "--"+f.Name+"=false")
		}
	})
	return strings.Join(words, " ")
}
