// Package scan finds whole keys in files, by their form and checksum.
package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Finding is a place in a file that holds a key, without its secret.
type Finding struct {
	Path   string `json:"path"`
	Line   int    `json:"line"`
	Column int    `json:"column"` // from 1, in bytes; in UTF-16, in its units
	ID     string `json:"id"`
	Hint   string `json:"hint"`

	Commit *Commit `json:"commit,omitempty"` // in a repository's history, the first that holds it
}

// Result is all that was found, and how much was looked at.
type Result struct {
	Findings   []Finding `json:"findings"`
	Files      int       `json:"files"` // that were read to their end, or as far as a key
	Unreadable int       `json:"unreadable"`
	Shallow    bool      `json:"shallow,omitempty"` // a repository's history was cut
	Skipped    Skipped   `json:"skipped"`
}

// Skipped counts what is left out of directories.
type Skipped struct {
	GitDirectories int `json:"gitDirectories"`
	Links          int `json:"links"`
	Special        int `json:"special"` // pipes, sockets and devices
}

// Scanner goes through files.
type Scanner struct {
	Result     Result
	Found      func(Finding) error // its error ends the search
	Unreadable func(error)
	Missing    bool // a path that was asked for is not there
}

// Path scans stdin, a file, or a directory with all below it. What cannot be
// read is reported and passed over; only an error of Found ends the search.
func (s *Scanner) Path(ctx context.Context, path string, stdin io.Reader) error {
	if path == "-" {
		return s.read(ctx, stdin, "(stdin)")
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		s.Missing = s.Missing || errors.Is(err, fs.ErrNotExist)
		s.pass(err)
		return nil
	case info.IsDir():
		return s.directory(ctx, path)
	}
	return s.file(ctx, path)
}

func (s *Scanner) directory(ctx context.Context, root string) error {
	return fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			s.pass(err)
		case entry.IsDir() && entry.Name() == ".git" && name != ".":
			s.Result.Skipped.GitDirectories++
			return fs.SkipDir
		case entry.IsDir():
		case entry.Type()&fs.ModeSymlink != 0:
			s.Result.Skipped.Links++
		case !entry.Type().IsRegular(): // such as a pipe, which might never end
			s.Result.Skipped.Special++
		default:
			return s.file(ctx, filepath.Join(root, filepath.FromSlash(name)))
		}
		return nil
	})
}

func (s *Scanner) file(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		s.pass(err)
		return nil
	}
	defer f.Close()
	return s.read(ctx, f, path)
}

// pass reports what cannot be read.
func (s *Scanner) pass(err error) {
	s.Result.Unreadable++
	s.Unreadable(err)
}

func (s *Scanner) read(ctx context.Context, r io.Reader, path string) error {
	return s.scan(ctx, r, path, func(*Finding) error { return nil })
}

// scan reports what is found in r, after complete has added what is known of it.
func (s *Scanner) scan(ctx context.Context, r io.Reader, path string, complete func(*Finding) error) error {
	before := len(s.Result.Findings)
	err := Find(ctx, r, func(line, column int, token string) error {
		id, _ := apikey.ParseToken(token)
		f := Finding{Path: path, Line: line, Column: column, ID: id.String(), Hint: apikey.Hint(token)}
		if err := complete(&f); err != nil {
			return err
		}
		s.Result.Findings = append(s.Result.Findings, f)
		return s.Found(f)
	})
	reading, broken := errors.AsType[*ReadError](err)
	if !broken || len(s.Result.Findings) > before {
		s.Result.Files++
	}
	if broken {
		s.pass(fmt.Errorf("%s: %w", path, reading.err))
		return nil
	}
	return err
}

// ReadError is a failure to read, as opposed to an error of Found.
type ReadError struct{ err error }

// Error says what failed.
func (e *ReadError) Error() string { return e.err.Error() }
