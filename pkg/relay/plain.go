package relay

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// A message is plain if no two programs could disagree about where it ends: each line ends as it should, no field is
// there twice that says how long the body is, and nothing is in it that is rarely sent. All else is for net/http.

// maxWhole bounds a request or an answer that is kept until it is whole.
const maxWhole = 96 << 10

const noContent, notModified = 204, 304

// shape is where the header of a message ends, and how long its body is.
type shape struct {
	head, body int
}

func (s *shape) whole() int { return s.head + s.body }

var endOfHead = []byte("\r\n\r\n")

// plainRequest returns the shape of a request of which the header is there.
func plainRequest(b []byte) (s shape, ok bool) {
	first, fields, ok := splitHead(b, &s)
	if !ok {
		return s, false
	}
	method, rest, _ := bytes.Cut(first, []byte(" "))
	target, version, _ := bytes.Cut(rest, []byte(" "))
	if !isAll(method, isUpper) || !isAll(target, isGraphic) || target[0] != '/' || string(version) != "HTTP/1.1" {
		return s, false
	}
	hosts, lengths := 0, 0
	ok = eachField(fields, func(name, value []byte) bool {
		switch {
		case is(name, "host"):
			hosts++
			return isAll(value, isHostByte)
		case is(name, "content-length"):
			lengths++
			return s.setBody(value)
		case is(name, "connection"):
			return is(value, "keep-alive")
		}
		return !isUnusual(name)
	})
	return s, ok && hosts == 1 && lengths <= 1
}

// plainAnswer returns the shape of a response of which the header is there. 304 is not plain: it may say a length
// that its body has not. Its header is left in a.
func plainAnswer(b []byte, a *Answer) (s shape, ok bool) {
	first, fields, ok := splitHead(b, &s)
	if !ok || len(first) < len("HTTP/1.1 200") || string(first[:len("HTTP/1.1 ")]) != "HTTP/1.1 " {
		return s, false
	}
	status, err := strconv.ParseUint(string(first[len("HTTP/1.1 "):len("HTTP/1.1 200")]), 10, 16)
	rest := first[len("HTTP/1.1 200"):]
	if err != nil || status < 200 || status > 599 || status == notModified ||
		len(rest) > 0 && rest[0] != ' ' || !isAll(first, isText) {
		return s, false
	}
	lengths := 0
	a.Status, a.Fields = int(status), a.Fields[:0]
	ok = eachField(fields, func(name, value []byte) bool {
		a.Fields = append(a.Fields, Field{Name: name, Value: value})
		switch {
		case is(name, "content-length"):
			lengths++
			return s.setBody(value)
		case is(name, "connection"):
			return is(value, "keep-alive")
		}
		return !isUnusual(name)
	})
	return s, ok && (lengths == 1 && (status != noContent || s.body == 0) || lengths == 0 && status == noContent)
}

// splitHead finds the first line of a message, and its fields.
func splitHead(b []byte, s *shape) (first, fields []byte, ok bool) {
	end := bytes.Index(b, endOfHead)
	if end < 0 {
		return nil, nil, false
	}
	s.head = end + len(endOfHead)
	first, fields, _ = bytes.Cut(b[:end+2], endOfHead[:2])
	return first, fields, true
}

// eachField gives f each field, and reports whether all of them are plain and f agreed.
func eachField(fields []byte, f func(name, value []byte) bool) bool {
	for len(fields) > 0 {
		line, rest, found := bytes.Cut(fields, endOfHead[:2])
		name, value, colon := bytes.Cut(line, []byte(":"))
		if !found || !colon || !isAll(name, isTokenByte) || len(value) > 0 && !isAll(value, isText) {
			return false
		}
		if !f(name, bytes.Trim(value, " \t")) {
			return false
		}
		fields = rest
	}
	return true
}

// isUnusual reports whether a field asks for more than an answer on a connection that stays.
func isUnusual(name []byte) bool {
	for _, unusual := range [...]string{
		"transfer-encoding", "trailer", "te", "upgrade", "expect", "http2-settings",
	} {
		if is(name, unusual) {
			return true
		}
	}
	return false
}

func (s *shape) setBody(value []byte) bool {
	const digits = 9
	if len(value) == 0 || len(value) > digits || !isAll(value, isDigit) {
		return false
	}
	n, err := strconv.ParseUint(string(value), 10, 31)
	s.body = int(min(n, math.MaxInt32))
	return err == nil
}

// is compares a name with one in lower case.
func is(name []byte, lower string) bool {
	if len(name) != len(lower) {
		return false
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// isAll reports whether b is not empty, and all of it is of a kind.
func isAll(b []byte, kind func(byte) bool) bool {
	for _, c := range b {
		if !kind(c) {
			return false
		}
	}
	return len(b) > 0
}

func isDigit(c byte) bool   { return '0' <= c && c <= '9' }
func isUpper(c byte) bool   { return 'A' <= c && c <= 'Z' }
func isGraphic(c byte) bool { return ' ' < c && c <= '~' }
func isText(c byte) bool    { return ' ' <= c && c <= '~' || c == '\t' }
func isAlpha(c byte) bool   { return isUpper(c) || 'a' <= c && c <= 'z' }

func isHostByte(c byte) bool {
	return isAlpha(c) || isDigit(c) || strings.IndexByte("-._:[]", c) >= 0
}

func isTokenByte(c byte) bool {
	return isAlpha(c) || isDigit(c) || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}
