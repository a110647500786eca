package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// finding is a key in a file, without its secret.
type finding struct {
	Path   string `json:"path"`
	Line   int    `json:"line"`
	Column int    `json:"column"` // in bytes, from 1
	ID     string `json:"id"`
	Hint   string `json:"hint"`
}

// scanResult is what -o json and -o yaml give.
type scanResult struct {
	Findings []finding `json:"findings"`
	Files    int       `json:"files"` // that were read
}

func newScanCommand(a *app) *cobra.Command {
	return offline(&cobra.Command{
		Use:   "scan PATH...",
		Short: "Find keys that lie about in files",
		Long: `Finds whole API keys in files, by their form and checksum, and prints
path:line:column and what may be shown of each key. It asks no server: whether
a key still opens anything, "ostiary key get ID" says.

Directories are read with all below them, except .git; links in them are not
followed, and archives are not unpacked. "-" reads stdin. -o json and -o yaml
work here too.

Exit codes: 0 nothing was found, 1 a key was found or a file could not be read.`,
		Example: `  ostiary scan .
  git log -p | ostiary scan -
  ostiary scan /etc /var/log -o json`,
		Args: arguments("PATH..."),
		RunE: func(cmd *cobra.Command, args []string) error { return a.scan(cmd.Context(), args) },
	})
}

func (a *app) scan(ctx context.Context, paths []string) error {
	s := scanner{ctx: ctx, result: scanResult{Findings: []finding{}}}
	s.found = func(finding) error { return nil }
	if a.flags.output == formatTable { // a long search shows what it finds as it goes
		s.found = func(f finding) error {
			_, err := fmt.Fprintln(a.out, printable(fmt.Sprintf("%s:%d:%d: %s", f.Path, f.Line, f.Column, f.Hint)))
			return err
		}
	}
	s.unreadable = func(err error) { a.say("ostiary: %s", err) }
	for _, path := range paths {
		if err := s.path(path, a.in); err != nil {
			return err
		}
	}
	if a.flags.output != formatTable {
		if err := a.show(s.result, nil); err != nil {
			return err
		}
	}
	a.say("%s in %s.", count(len(s.result.Findings), "key"), count(s.result.Files, "file"))
	switch {
	case len(s.result.Findings) > 0:
		return &failure{exit: exitFailed, hint: "end a key that others may have seen: ostiary key revoke ID, or replace it: ostiary key rotate ID --overlap 0"}
	case s.failed:
		return silent(exitFailed)
	}
	return nil
}

// scanner goes through files.
type scanner struct {
	ctx        context.Context
	result     scanResult
	found      func(finding) error
	unreadable func(error)
	failed     bool // something could not be read
}

// path scans stdin, a file, or a directory with all below it. What cannot be
// read is reported and passed over; only an error of found ends the search.
func (s *scanner) path(path string, stdin io.Reader) error {
	if path == "-" {
		return s.read(stdin, "(stdin)")
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		s.pass(err)
		return nil
	case info.IsDir():
		return s.directory(path)
	}
	return s.file(path)
}

func (s *scanner) directory(root string) error {
	return fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch path := filepath.Join(root, filepath.FromSlash(name)); {
		case s.ctx.Err() != nil:
			return s.ctx.Err()
		case err != nil:
			s.pass(err)
			return nil
		case entry.IsDir() && entry.Name() == ".git":
			return fs.SkipDir
		case !entry.Type().IsRegular(): // also pipes, which might never end
			return nil
		default:
			return s.file(path)
		}
	})
}

func (s *scanner) file(path string) error {
	f, err := os.Open(path)
	if err != nil {
		s.pass(err)
		return nil
	}
	defer f.Close()
	return s.read(f, path)
}

// pass reports what cannot be read.
func (s *scanner) pass(err error) {
	s.failed = true
	s.unreadable(err)
}

func (s *scanner) read(r io.Reader, path string) error {
	s.result.Files++
	err := findTokens(s.ctx, r, func(line, column int, token string) error {
		id, _ := apikey.ParseToken(token)
		f := finding{Path: path, Line: line, Column: column, ID: id.String(), Hint: apikey.Hint(token)}
		s.result.Findings = append(s.result.Findings, f)
		return s.found(f)
	})
	if reading, ok := errors.AsType[*readError](err); ok {
		s.pass(fmt.Errorf("%s: %w", path, reading.err))
		return nil
	}
	return err
}

// readError tells a failure to read from one to write.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }

// scanBuffer is how much of a file is in memory at a time.
const scanBuffer = 256 << 10

// findTokens calls found with the place of every whole token that r gives, in
// order; lines and columns count from 1, columns in bytes.
func findTokens(ctx context.Context, r io.Reader, found func(line, column int, token string) error) error {
	// Between two reads the end of the buffer is kept: what may be the begin of a token, and the byte before it,
	// because a token is not a part of a longer word.
	const kept = apikey.TokenLength + 1
	buf := make([]byte, 0, scanBuffer)
	line, column := 1, 1 // of buf[0]
	for first := true; ; first = false {
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !last {
			return &readError{err}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		done := 0
		advance := func(to int) {
			text := buf[done:to]
			if newlines := bytes.Count(text, []byte{'\n'}); newlines > 0 {
				line += newlines
				column = len(text) - bytes.LastIndexByte(text, '\n')
			} else {
				column += len(text)
			}
			done = to
		}
		var failed error
		apikey.FindTokens(buf, func(offset int, token string) {
			seen := offset == 0 && !first                 // in the round before, or part of a longer word
			cut := offset+len(token) == len(buf) && !last // the next byte decides, in the next round
			if failed != nil || seen || cut {
				return
			}
			advance(offset)
			failed = found(line, column, token)
		})
		if failed != nil || last {
			return failed
		}
		advance(len(buf) - kept)
		buf = append(buf[:0], buf[len(buf)-kept:]...)
	}
}
