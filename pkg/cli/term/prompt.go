package term

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Is reports whether a stream is a terminal.
func Is(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Ask asks a question that is answered with yes or no.
func Ask(ctx context.Context, in io.Reader, out io.Writer, question string) (yes bool, err error) {
	_, _ = fmt.Fprintf(out, "%s [y/N] ", Printable(question))
	answer, err := interruptibly(ctx, func() (string, error) { return bufio.NewReader(in).ReadString('\n') })
	if err != nil { // nobody ended the line
		_, _ = fmt.Fprintln(out)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true, nil
	}
	return false, nil
}

// ReadAll reads at most so many bytes until in or ctx ends.
func ReadAll(ctx context.Context, in io.Reader, limit int64) (string, error) {
	return interruptibly(ctx, func() (string, error) {
		text, err := io.ReadAll(io.LimitReader(in, limit))
		return string(text), err
	})
}

// ReadHidden asks for a line at a terminal, which does not show it.
func ReadHidden(ctx context.Context, in *os.File, out io.Writer, prompt string) (string, error) {
	fd := int(in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	_, _ = io.WriteString(out, prompt)
	text, err := interruptibly(ctx, func() (string, error) {
		text, err := term.ReadPassword(fd)
		return string(text), err
	})
	_ = term.Restore(fd, before) // an interrupted reader would leave the terminal mute
	_, _ = fmt.Fprintln(out)
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
