package scan

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"slices"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// scanBuffer is how much of a file is in memory at a time.
const scanBuffer = 256 << 10

// How many bytes around a token decide whether it is part of a longer word, at
// the most: those of UTF-16.
const (
	bytesBefore = 3
	bytesAfter  = 3
)

// sighting is a token in a text.
type sighting struct {
	offset, length int // in bytes
	token          string
	wide           bool // in UTF-16
}

// sightings returns all whole tokens of a text, in order.
func sightings(text []byte) (all []sighting) {
	apikey.FindTokens(text, func(offset int, token string) {
		all = append(all, sighting{offset: offset, length: len(token), token: token})
	})
	all = append(all, wideSightings(text)...)
	slices.SortFunc(all, func(a, b sighting) int { return cmp.Compare(a.offset, b.offset) })
	return all
}

// wideSightings returns the tokens that are written in UTF-16. In either byte order there is a zero between two
// characters of a token, so they are found anywhere, such as in a program or after other text.
func wideSightings(text []byte) (all []sighting) {
	const span = 2*apikey.TokenLength - 1
	prefix := bytes.Join(bytes.Split([]byte(apikey.TokenPrefix), nil), []byte{0})
	for at := 0; ; at++ {
		i := bytes.Index(text[at:], prefix)
		if i < 0 {
			return all
		}
		at += i
		token, ok := narrow(text[at:], apikey.TokenLength)
		if !ok || wideWord(text, at-2) || wideWord(text, at+span+1) {
			continue
		}
		if _, ok := apikey.ParseToken(token); ok {
			all = append(all, sighting{offset: at, length: span, token: token, wide: true})
		}
	}
}

// narrow returns n characters of UTF-16 that are of ASCII.
func narrow(text []byte, n int) (string, bool) {
	if len(text) < 2*n-1 {
		return "", false
	}
	out := make([]byte, n)
	for i := range out {
		if i > 0 && text[2*i-1] != 0 {
			return "", false
		}
		out[i] = text[2*i]
	}
	return string(out), true
}

// wideWord reports whether there is a letter or digit of ASCII at a place, as
// UTF-16 writes it: with zeros on both sides, of which the text's ends may lack.
func wideWord(text []byte, at int) bool {
	zero := func(i int) bool { return i < 0 || i >= len(text) || text[i] == 0 }
	if at < 0 || at >= len(text) || !zero(at-1) || !zero(at+1) {
		return false
	}
	c := text[at]
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// position is a place in a text.
type position struct {
	line, column int // from 1, the column in bytes
	mark         int // bytes of the line that are a mark of UTF-16
}

// after is the position behind a piece of text.
func (p position) after(text []byte) position {
	newlines := bytes.Count(text, []byte{'\n'})
	if newlines == 0 {
		p.column += len(text)
		return p
	}
	return position{line: p.line + newlines, column: len(text) - bytes.LastIndexByte(text, '\n')}
}

// columnOf is the column of a token that begins there.
func (p position) columnOf(s sighting) int {
	if s.wide {
		return (p.column - p.mark + 1) / 2
	}
	return p.column
}

// Find calls found with the place of every whole token that r gives, in
// order; lines and columns count from 1, columns in bytes, or in units of
// UTF-16 for a token that is written so.
func Find(ctx context.Context, r io.Reader, found func(line, column int, token string) error) error {
	// Between two reads the end of the buffer is kept: what may be the begin of a token, and the bytes before it.
	const kept = 2*apikey.TokenLength + bytesBefore + bytesAfter
	buf := make([]byte, 0, scanBuffer)
	begin := position{line: 1, column: 1} // of buf
	for first := true; ; first = false {
		before := len(buf)
		n, err := io.ReadFull(r, buf[before:cap(buf)])
		buf = buf[:before+n]
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !last {
			return &ReadError{err}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if first && (bytes.HasPrefix(buf, []byte{0xff, 0xfe}) || bytes.HasPrefix(buf, []byte{0xfe, 0xff})) {
			begin.mark = 2
		}
		at, done := begin, 0
		for _, s := range sightings(buf) {
			decided := s.offset + s.length + bytesAfter
			if decided <= before || decided > len(buf) && !last { // in the round before, or in the next one
				continue
			}
			at, done = at.after(buf[done:s.offset]), s.offset
			if err := found(at.line, at.columnOf(s), s.token); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
		rest := len(buf) - kept
		begin = begin.after(buf[:rest])
		buf = append(buf[:0], buf[rest:]...)
	}
}
