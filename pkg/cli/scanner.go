package cli

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
