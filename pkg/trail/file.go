package trail

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// fileSink appends lines of JSON to a file that is its owner's alone.
type fileSink struct {
	name string
	file *os.File
	info fs.FileInfo
	last line // that stands in the file, if the file was just opened
}

func (s *fileSink) take(_ context.Context, entries []apikey.TrailEntry) error {
	if err := s.ready(); err != nil {
		return err
	}
	var lines bytes.Buffer
	for _, e := range s.missing(entries) {
		b, err := text(&e)
		if err != nil {
			return err
		}
		lines.Write(b)
		lines.WriteByte('\n')
	}
	s.last = line{}
	end, err := s.file.Seek(0, io.SeekEnd)
	if err != nil {
		return s.failed(err)
	}
	if _, err := s.file.Write(lines.Bytes()); err != nil {
		return s.failed(errors.Join(err, s.file.Truncate(end))) // else a part of a line would stay
	}
	if err := s.file.Sync(); err != nil {
		return s.failed(err)
	}
	return nil
}

// missing leaves out what a server wrote that died before it could note so.
func (s *fileSink) missing(entries []apikey.TrailEntry) []apikey.TrailEntry {
	for i := range entries {
		if entries[i].ID == s.last.Number && entries[i].Link.String() == s.last.Hash {
			return entries[i+1:]
		}
	}
	return entries
}

// ready opens the file, unless the one that is open is still the one of that name.
func (s *fileSink) ready() error {
	if s.file != nil {
		if info, err := os.Stat(s.name); err == nil && os.SameFile(info, s.info) {
			return nil
		}
		s.close()
	}
	f, err := os.OpenFile(s.name, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("the file cannot be opened: %w", err)
	}
	if s.info, err = f.Stat(); err == nil && !s.info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file (%s)", s.name, s.info.Mode())
	}
	if err == nil {
		err = s.mend(f)
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	s.file = f
	return nil
}

// mendStep is how much is read at once to find the beginning of the last line.
const mendStep = 64 << 10

// mend removes a line that a crash left without an end, and notes the last one that is whole.
func (s *fileSink) mend(f *os.File) error {
	size := s.info.Size()
	var tail []byte
	for at := size; at > 0; {
		n := min(mendStep, at)
		at -= n
		block := make([]byte, n, int(n)+len(tail))
		if _, err := f.ReadAt(block, at); err != nil {
			return fmt.Errorf("the file cannot be read: %w", err)
		}
		tail = append(block, tail...)
		if end := bytes.LastIndexByte(tail, '\n'); end >= 0 && bytes.LastIndexByte(tail[:end], '\n') >= 0 {
			break
		}
	}
	end := bytes.LastIndexByte(tail, '\n') + 1
	if partial := int64(len(tail) - end); partial > 0 {
		if err := f.Truncate(size - partial); err != nil {
			return fmt.Errorf("a part of a line that a crash left cannot be removed: %w", err)
		}
	}
	s.last = line{}
	whole := bytes.TrimRight(tail[:end], "\n")
	_ = json.Unmarshal(whole[bytes.LastIndexByte(whole, '\n')+1:], &s.last) // what else stands there tells nothing
	return nil
}

func (s *fileSink) failed(err error) error {
	s.close()
	return fmt.Errorf("the file cannot be written: %w", err)
}

func (s *fileSink) reopen() { s.close() }

func (s *fileSink) close() {
	if s.file != nil {
		_ = s.file.Close() // what was written is synced
	}
	s.file = nil
}
