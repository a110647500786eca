package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// maxSecret is how much of stdin is read where a key is expected, in bytes.
const maxSecret = 64 << 10

// canAsk reports whether a person sits in front of the program.
func (a *app) canAsk() bool { return isTerminal(a.in) && isTerminal(a.err) }

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// mayConfirm fails if nobody can be asked and --yes does not answer. It comes
// before anything is sent.
func (a *app) mayConfirm(cmd *cobra.Command, args []string) error {
	if a.flags.yes || a.canAsk() {
		return nil
	}
	return failed(exitUsage, "type: "+commandLine(cmd, args)+" --yes", "nobody can be asked whether to go on, because this is not a terminal")
}

// confirm asks whether to go on, unless --yes said so.
func (a *app) confirm(ctx context.Context, question string) error {
	if a.flags.yes {
		return nil
	}
	_, _ = fmt.Fprintf(a.err, "%s [y/N] ", printable(question))
	answer, err := interruptibly(ctx, func() (string, error) { return bufio.NewReader(a.in).ReadString('\n') })
	if err != nil { // nobody ended the line
		_, _ = fmt.Fprintln(a.err)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return failed(exitFailed, "", "nothing was changed")
}

// readSecret reads a key: from a terminal without showing it, or all of
// stdin, which must hold nothing else.
func (a *app) readSecret(ctx context.Context, prompt string) (string, error) {
	text, err := a.readHidden(ctx, prompt)
	if err != nil {
		return "", err
	}
	secret := strings.TrimSpace(text)
	switch {
	case secret == "":
		return "", usageError("stdin is empty; the key is read from there")
	case strings.ContainsAny(secret, " \t\r\n") || len(text) >= maxSecret:
		return "", usageError("stdin holds more than one word; it must hold the key alone")
	}
	return secret, nil
}

func (a *app) readHidden(ctx context.Context, prompt string) (string, error) {
	if !a.canAsk() {
		return interruptibly(ctx, func() (string, error) {
			text, err := io.ReadAll(io.LimitReader(a.in, maxSecret))
			return string(text), err
		})
	}
	fd := int(a.in.(*os.File).Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	_, _ = io.WriteString(a.err, prompt)
	text, err := interruptibly(ctx, func() (string, error) {
		text, err := term.ReadPassword(fd)
		return string(text), err
	})
	_ = term.Restore(fd, before) // an interrupted reader would leave the terminal mute
	_, _ = fmt.Fprintln(a.err)
	return text, err
}

// interruptibly reads until ctx ends. A read that is given up goes on until
// the program ends, which is at once.
func interruptibly(ctx context.Context, read func() (string, error)) (string, error) {
	type result struct {
		text string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := read()
		done <- result{text, err}
	}()
	select {
	case r := <-done:
		if ctx.Err() == nil {
			return r.text, r.err
		}
	case <-ctx.Done():
	}
	return "", ctx.Err()
}

// commandLine is what was typed, without keys, to be typed again.
func commandLine(cmd *cobra.Command, args []string) string {
	words := []string{cmd.CommandPath()}
	for _, arg := range args {
		words = append(words, quote(arg))
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		slice, isSlice := f.Value.(pflag.SliceValue)
		switch {
		case f.Name == "api-key":
		case isSlice:
			for _, value := range slice.GetSlice() {
				words = append(words, "--"+f.Name+" "+quote(value))
			}
		case f.Value.Type() != "bool":
			words = append(words, "--"+f.Name+" "+quote(f.Value.String()))
		case f.Value.String() == "true":
			words = append(words, "--"+f.Name)
		default:
			words = append(words, "--"+f.Name+"=false")
		}
	})
	return strings.Join(words, " ")
}

// quote writes a word as a shell reads it.
func quote(word string) string {
	plain := func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || strings.ContainsRune("-_./:@%+=,", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
