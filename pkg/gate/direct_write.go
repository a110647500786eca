package gate

import (
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// writePlain writes a request as http.Request's Write does, to the byte. It leaves to that what takes more than
// copying.
func writePlain(out writer, r *http.Request) error {
	if !writePlainHeader(out, r) {
		return r.Write(out)
	}
	if r.ContentLength == 0 {
		return nil
	}
	n, err := io.Copy(out, io.LimitReader(r.Body, r.ContentLength))
	if err == nil && n != r.ContentLength {
		err = fmt.Errorf("of the request's body came %d bytes of %d", n, r.ContentLength)
	}
	return err
}

// writePlainHeader writes the header of a request, unless it takes more than copying.
func writePlainHeader(out io.StringWriter, r *http.Request) (ok bool) {
	ok = writePlainStart(out, r)
	if ok {
		writePlainFields(out, r)
	}
	return ok
}

// writePlainStart writes the part of the header that is written apart.
func writePlainStart(out io.StringWriter, r *http.Request) (ok bool) {
	host, address, ok := plainAddress(r)
	if !ok {
		return false
	}
	writeStrings(out, r.Method, " ", address, " HTTP/1.1\r\nHost: ", host, "\r\n")
	if agent := oneLine(r.Header.Get("User-Agent")); agent != "" {
		writeStrings(out, "User-Agent: ", agent, "\r\n")
	}
	if r.ContentLength > 0 || r.ContentLength == 0 && saysLength(r.Method) {
		writeStrings(out, "Content-Length: ", strconv.FormatInt(r.ContentLength, 10), "\r\n")
	}
	return true
}

// writePlainFields writes the rest of the header.
func writePlainFields(out io.StringWriter, r *http.Request) {
	writeFields(out, r.Header, isWrittenApart)
	writeStrings(out, "\r\n")
}

// plainAddress returns what a request is for, if it can be written as it is.
func plainAddress(r *http.Request) (host, address string, ok bool) {
	host, address = r.Host, r.URL.RequestURI()
	if host == "" {
		host = r.URL.Host
	}
	return host, address, isPlainText(host, isHostByte) && isPlainText(address, isAddressByte) && !r.Close
}

// writer is a buffer that keeps the first error.
type writer interface {
	io.Writer
	io.StringWriter
	io.ByteWriter
}

// saysLength reports whether a request without a body says so.
func saysLength(method string) bool {
	return method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch
}

func isWrittenApart(name string) bool {
	switch name {
	case "Host", "User-Agent", "Content-Length", "Transfer-Encoding", "Trailer":
		return true
	}
	return false
}

func isPlainText(s string, is func(byte) bool) bool {
	for i := range len(s) {
		if !is(s[i]) {
			return false
		}
	}
	return s != ""
}

func isAddressByte(c byte) bool { return ' ' < c && c <= '~' }

func isHostByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || strings.IndexByte("-._:", c) >= 0
}

// writeFields writes what of a header is not written apart, in the order of its names. Names that are none are left
// out, and values are kept to their line.
func writeFields(out io.StringWriter, h http.Header, isApart func(name string) bool) {
	var room [24]string
	names := room[:0]
	for name := range h {
		if !isApart(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if !httpguts.ValidHeaderFieldName(name) {
			continue
		}
		for _, value := range h[name] {
			writeStrings(out, name, ": ", oneLine(value), "\r\n")
		}
	}
}

var newlines = strings.NewReplacer("\n", " ", "\r", " ")

// oneLine returns a value of a header without what would end it, or the blanks around it.
func oneLine(value string) string {
	if strings.IndexByte(value, '\n') >= 0 || strings.IndexByte(value, '\r') >= 0 {
		value = newlines.Replace(value)
	}
	return textproto.TrimString(value)
}

// writeStrings writes to a buffer that keeps the first error.
func writeStrings(out io.StringWriter, all ...string) {
	for _, s := range all {
		_, _ = out.WriteString(s)
	}
}
