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
	"strings"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// finding is a place in a file that holds a key, without its secret.
type finding struct {
	Path   string `json:"path"`
	Line   int    `json:"line"`
	Column int    `json:"column"` // in bytes, from 1
	ID     string `json:"id"`
	Hint   string `json:"hint"`
}

// scanResult is what -o json and -o yaml give.
type scanResult struct {
	Findings   []finding `json:"findings"`
	Files      int       `json:"files"` // that were read to their end, or as far as a key
	Unreadable int       `json:"unreadable"`
	Skipped    skipped   `json:"skipped"`
}

// skipped counts what is left out of directories.
type skipped struct {
	GitDirectories int `json:"gitDirectories"`
	Links          int `json:"links"`
	Special        int `json:"special"` // pipes, sockets and devices
}

func newScanCommand(a *app) *cobra.Command {
	return offline(&cobra.Command{
		Use:   "scan PATH...",
		Short: "Find keys that lie about in files",
		Long: `Finds whole API keys in files, by their form and checksum, and prints
path:line:column and what may be shown of each key. It asks no server: whether
a key still opens anything, "ostiary key get ID" says.

Files of any kind and size are read, and directories with all below them. Left
out of directories are those named .git, links, and what is no file; archives
are not unpacked. At the end it says how much was read and what was not. "-"
reads stdin. -o json and -o yaml work here too.

Exit codes: 0 nothing was found, 1 a key was found or something could not be
read, 2 wrong use, such as a PATH that is not there, and no key was found.`,
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
	for _, line := range s.result.summary() {
		a.say("%s", line)
	}
	switch {
	case len(s.result.Findings) > 0:
		id := s.result.Findings[0].ID
		return &failure{exit: exitFailed, hint: "end a key that others may have seen: ostiary key revoke " + id + ", or replace it: ostiary key rotate " + id + " --overlap 0"}
	case s.missing:
		return silent(exitUsage)
	case s.result.Unreadable > 0:
		return silent(exitFailed)
	}
	return nil
}

// summary says for people what was found, and how much was looked at.
func (r *scanResult) summary() []string {
	lines := []string{fmt.Sprintf("Found no keys in %s.", count(r.Files, "file"))}
	if len(r.Findings) > 0 {
		keys, files := map[string]bool{}, map[string]bool{}
		for _, f := range r.Findings {
			keys[f.ID], files[f.Path] = true, true
		}
		lines[0] = fmt.Sprintf("Found %s at %s in %d of %s.", count(len(keys), "key"), count(len(r.Findings), "place"), len(files), count(r.Files, "file"))
	}
	var left []string
	for _, part := range []struct {
		n    int
		what string
	}{{r.Skipped.GitDirectories, ".git directory"}, {r.Skipped.Links, "link"}, {r.Skipped.Special, "special file"}} {
		if part.n > 0 {
			left = append(left, count(part.n, part.what))
		}
	}
	if len(left) > 0 {
		lines = append(lines, "Skipped "+strings.Join(left, ", ")+".")
	}
	if r.Unreadable > 0 {
		lines = append(lines, fmt.Sprintf("Could not read %s, as said above.", count(r.Unreadable, "path")))
	}
	return lines
}

// scanner goes through files.
type scanner struct {
	ctx        context.Context
	result     scanResult
	found      func(finding) error
	unreadable func(error)
	missing    bool // a path that was asked for is not there
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
		s.missing = s.missing || errors.Is(err, fs.ErrNotExist)
		s.pass(err)
		return nil
	case info.IsDir():
		return s.directory(path)
	}
	return s.file(path)
}

func (s *scanner) directory(root string) error {
	return fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case s.ctx.Err() != nil:
			return s.ctx.Err()
		case err != nil:
			s.pass(err)
		case entry.IsDir() && entry.Name() == ".git" && name != ".":
			s.result.Skipped.GitDirectories++
			return fs.SkipDir
		case entry.IsDir():
		case entry.Type()&fs.ModeSymlink != 0:
			s.result.Skipped.Links++
		case !entry.Type().IsRegular(): // such as a pipe, which might never end
			s.result.Skipped.Special++
		default:
			return s.file(filepath.Join(root, filepath.FromSlash(name)))
		}
		return nil
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
	s.result.Unreadable++
	s.unreadable(err)
}

func (s *scanner) read(r io.Reader, path string) error {
	before := len(s.result.Findings)
	err := findTokens(s.ctx, r, func(line, column int, token string) error {
		id, _ := apikey.ParseToken(token)
		f := finding{Path: path, Line: line, Column: column, ID: id.String(), Hint: apikey.Hint(token)}
		s.result.Findings = append(s.result.Findings, f)
		return s.found(f)
	})
	reading, broken := errors.AsType[*readError](err)
	if !broken || len(s.result.Findings) > before {
		s.result.Files++
	}
	if broken {
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
