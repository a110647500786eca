package relay

import (
	"bytes"
	"math"
	"strconv"
)

// A message is plain if no two programs could disagree about where it ends: each line ends as it should, no field is
// there twice that says how long the body is, and nothing is in it that is rarely sent. All else is for net/http.

// maxWhole bounds a request or an answer that is kept until it is whole.
const maxWhole = 96 << 10

const noContent, notModified = 204, 304

// shape is where the header of a message ends, and how long its body is.
type shape struct {
	head, body int
	line       int // where a request's fields begin
	from, to   int // where in them the length is said; 0 = nowhere
}

func (s *shape) whole() int { return s.head + s.body }

var endOfHead = []byte("\r\n\r\n")

// plainRequest returns the shape of a request of which the header is there.
func plainRequest(b []byte) (s shape, ok bool) {
	first, fields, ok := splitHead(b, &s)
	if !ok || !isPlainLine(first) {
		return s, false
	}
	s.line = len(first) + len("\r\n")
	hosts, lengths := 0, 0
	ok = eachField(fields, func(name, value []byte) bool {
		switch {
		case is(name, "host"):
			hosts++
			return isAll(value, ofHost)
		case is(name, "content-length"):
			lengths++
			s.from = cap(b) - cap(value) // it is a part of b
			s.to = s.from + len(value)
			return s.setBody(value)
		case is(name, "connection"):
			return is(value, "keep-alive")
		}
		return !isUnusual(name)
	})
	return s, ok && hosts == 1 && lengths <= 1
}

// isPlainLine reports whether a request may begin with a line.
func isPlainLine(line []byte) bool {
	method, rest, _ := bytes.Cut(line, []byte(" "))
	target, version, _ := bytes.Cut(rest, []byte(" "))
	return isAll(method, upper) && isAll(target, graphic) && target[0] == '/' && string(version) == "HTTP/1.1"
}

// again returns the shape of a request whose fields are those of an earlier one of the shape s to the byte, but for the
// length of its body: it has one if the other has. Its fields are as plain as those were, and may be taken for them.
func (s *shape) again(head, b []byte) (same shape, ok bool) {
	first, fields, ok := cutLine(b)
	if !ok {
		return same, false
	}
	same.line = len(first) + len("\r\n")
	if s.from == 0 {
		same.head = same.line + len(head) - s.line
		return same, bytes.HasPrefix(fields, head[s.line:])
	}
	before, after := head[s.line:s.from], head[s.to:]
	if !bytes.HasPrefix(fields, before) {
		return same, false
	}
	same.from = same.line + len(before)
	for same.to = same.from; same.to < len(b) && kinds[b[same.to]]&digit != 0; {
		same.to++
	}
	same.head = same.to + len(after)
	ok = bytes.HasPrefix(b[same.to:], after) && same.setBody(b[same.from:same.to]) && (same.body == 0) == (s.body == 0)
	return same, ok
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
		len(rest) > 0 && rest[0] != ' ' || !isAll(first, text) {
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
	return cutLine(b[:end+2])
}

// cutLine parts the first line of b from the rest. Each line must end as it should.
func cutLine(b []byte) (line, rest []byte, ok bool) {
	end := bytes.IndexByte(b, '\n')
	if end < 1 || b[end-1] != '\r' {
		return nil, nil, false
	}
	return b[:end-1], b[end+1:], true
}

// eachField gives f each field, and reports whether all of them are plain and f agreed.
func eachField(fields []byte, f func(name, value []byte) bool) bool {
	for len(fields) > 0 {
		line, rest, ok := cutLine(fields)
		if !ok {
			return false
		}
		colon := 0
		for colon < len(line) && kinds[line[colon]]&token != 0 {
			colon++
		}
		if colon == 0 || colon == len(line) || line[colon] != ':' {
			return false
		}
		value := line[colon+1:]
		if len(value) > 0 && !isAll(value, text) || !f(line[:colon], trimBlanks(value)) {
			return false
		}
		fields = rest
	}
	return true
}

func trimBlanks(b []byte) []byte {
	for len(b) > 0 && isBlank(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isBlank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

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
	if len(value) == 0 || len(value) > digits || !isAll(value, digit) {
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

// kind is a set of bytes that may stand somewhere.
type kind uint8

const (
	digit kind = 1 << iota
	upper
	graphic // anything but blanks
	text
	ofHost
	token // RFC 9110, section 5.6.2
)

var kinds = func() (all [256]kind) {
	add := func(k kind, bytes string) {
		for _, c := range []byte(bytes) {
			all[c] |= k
		}
	}
	const digits, lowers, uppers = "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	add(digit, digits)
	add(upper, uppers)
	add(ofHost, digits+lowers+uppers+"-._:[]")
	add(token, digits+lowers+uppers+"!#$%&'*+-.^_`|~")
	add(text, " \t")
	for c := '!'; c <= '~'; c++ {
		add(graphic|text, string(c))
	}
	return all
}()

// isAll reports whether b is not empty, and all of it is of a kind.
func isAll(b []byte, k kind) bool {
	for _, c := range b {
		if kinds[c]&k == 0 {
			return false
		}
	}
	return len(b) > 0
}
