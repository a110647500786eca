// Package secretfile reads the files that hold secrets, and writes those that are
// for their owner alone. What an editor or a shell added to a secret is taken
// off where that can be nothing else, and refused where it might be meant.
package secretfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSize is how large a file with a secret may be: a chain of certificates is
// the largest that is meant.
const maxSize = 1 << 20

// maxLine is how long a secret in one line may be.
const maxLine = 16 << 10

// Content is what a file holds.
type Content struct {
	name  string
	info  fs.FileInfo
	bytes []byte
}

// Read reads a whole file. Links are followed, as those are in which Kubernetes
// hands over secrets; what is no file, such as a pipe, which might never end, is
// an error.
func Read(name string) (*Content, error) {
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, notAFile(name, info.Mode())
	}
	content, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	switch {
	case err != nil:
		return nil, err
	case len(content) > maxSize:
		return nil, fmt.Errorf("%s is larger than %d KiB; a secret is not", name, maxSize>>10)
	}
	return &Content{name, info, content}, nil
}

func notAFile(name string, mode fs.FileMode) error {
	what := "special file"
	switch {
	case mode.IsDir():
		what = "directory"
	case mode&fs.ModeNamedPipe != 0:
		what = "pipe"
	case mode&fs.ModeSocket != 0:
		what = "socket"
	case mode&fs.ModeDevice != 0:
		what = "device"
	}
	return fmt.Errorf("%s is a %s; name a file", name, what)
}

// Line reads a file that holds a secret alone, in one line. What is what the
// secret is called: "the password". The warning, if there is one, says that
// others may read the file.
func Line(name, what string) (secret, warning string, err error) {
	c, err := Read(name)
	if err != nil {
		return "", "", err
	}
	secret, err = ParseLine(name, what, c.bytes)
	return secret, c.Exposed(), err
}

// Bytes returns the content as it is.
func (c *Content) Bytes() []byte { return c.bytes }

// Text returns the content without the mark of UTF-8 with which some editors
// begin. What is not UTF-8 is an error.
func (c *Content) Text() ([]byte, error) { return ParseText(c.name, c.bytes) }

// Exposed says that others than the owner may read or change the file, and what
// to type; it is empty if they may not. Where the file is another's, such as
// root's, the group's right to read may be how this process was let in.
func (c *Content) Exposed() string {
	others := c.info.Mode().Perm() & 0o077
	if isAnothers(c.info) {
		others &^= 0o040
	}
	if !hasModes || others == 0 {
		return ""
	}
	return fmt.Sprintf("%s can be read by others (%04o); type: chmod 600 %s", c.name, c.info.Mode().Perm(), c.name)
}

// Private fails where Exposed says anything.
func (c *Content) Private() error {
	if text := c.Exposed(); text != "" {
		return errors.New(text)
	}
	return nil
}

var (
	markUTF8   = []byte("\xef\xbb\xbf")
	marksUTF16 = [][]byte{[]byte("\xff\xfe"), []byte("\xfe\xff")}
	lineEnds   = "\r\n"
	lineBreaks = "\r\n\v\f\u0085\u2028\u2029"
	saveAsUTF8 = "save it as UTF-8 (in PowerShell: Set-Content -Encoding ascii)"
)

// ParseText returns what is UTF-8, without its mark.
func ParseText(name string, content []byte) ([]byte, error) {
	for _, mark := range marksUTF16 {
		if bytes.HasPrefix(content, mark) {
			return nil, fmt.Errorf("%s is in UTF-16; %s", name, saveAsUTF8)
		}
	}
	content = bytes.TrimPrefix(content, markUTF8)
	switch {
	case looksLikeUTF16(content):
		return nil, fmt.Errorf("%s is in UTF-16; %s", name, saveAsUTF8)
	case bytes.IndexByte(content, 0) >= 0:
		return nil, fmt.Errorf("%s holds a byte that is zero, and is no text; save it as text in UTF-8", name)
	case !utf8.Valid(content):
		return nil, fmt.Errorf("%s is not in UTF-8; save it so", name)
	}
	return content, nil
}

// looksLikeUTF16 reports whether most characters are of ASCII, as UTF-16 without
// a mark writes them: every other byte is zero.
func looksLikeUTF16(content []byte) bool {
	zeros := [2]int{}
	for i, b := range content {
		if b == 0 {
			zeros[i%2]++
		}
	}
	pairs := len(content) / 2
	return pairs > 0 && (zeros[0] == 0 || zeros[1] == 0) && 2*(zeros[0]+zeros[1]) >= pairs
}

// ParseLine takes a secret out of what a file, or stdin, holds. The error quotes
// nothing of it.
func ParseLine(name, what string, content []byte) (string, error) {
	plain, err := ParseText(name, content)
	if err != nil {
		return "", err
	}
	line := strings.TrimRight(string(plain), lineEnds)
	switch {
	case strings.TrimFunc(line, isBlank) == "":
		return "", fmt.Errorf("%s is empty; it must hold %s", name, what)
	case strings.ContainsAny(line, lineBreaks):
		return "", fmt.Errorf("%s has several lines; it must hold %s alone", name, what)
	case strings.TrimLeftFunc(line, isBlank) != line:
		return "", fmt.Errorf("%s begins with a blank; it must hold %s alone", name, what)
	case strings.TrimRightFunc(line, isBlank) != line:
		return "", fmt.Errorf("%s ends with a blank; it must hold %s alone", name, what)
	case strings.ContainsFunc(line, unicode.IsControl):
		return "", fmt.Errorf("%s holds a control character; it must hold %s alone", name, what)
	case len(line) > maxLine:
		return "", fmt.Errorf("%s is longer than %d KiB; it must hold %s alone", name, maxLine>>10, what)
	}
	return line, nil
}

// isBlank reports whether nothing is to be seen of a character.
func isBlank(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }
