package apikey

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// checkName returns a name without surrounding space, or what is wrong with it.
func checkName(name string) (string, error) {
	name = strings.TrimSpace(name)
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return "", fmt.Errorf("a key needs a name of 1 to %d characters", MaxNameLength)
	case n > MaxNameLength:
		return "", fmt.Errorf("has %d characters; at most %d are allowed", n, MaxNameLength)
	}
	return name, checkText(name, "")
}

// checkDescription is like checkName. A description may be empty and have
// several lines, which end as on Unix.
func checkDescription(s string) (string, error) {
	s = strings.ReplaceAll(strings.TrimSpace(s), "\r\n", "\n")
	if n := utf8.RuneCountInString(s); n > MaxDescriptionLength {
		return "", fmt.Errorf("has %d characters; at most %d are allowed", n, MaxDescriptionLength)
	}
	return s, checkText(s, "\n\t")
}

// checkText refuses what would garble a table, a log line or a header or look
// like another text, and a token that was pasted into the wrong field: it would
// be stored in the clear. Control characters that are allowed are given.
func checkText(s, allowed string) error {
	if !utf8.ValidString(s) {
		return errors.New("is not valid UTF-8")
	}
	for i, r := range s {
		what := ""
		switch {
		case strings.ContainsRune(allowed, r):
		case r == unicode.ReplacementChar: // a JSON decoder puts it for what is not UTF-8
			what = "stands for text that was not valid UTF-8"
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			what = "is a control character"
		case unicode.Is(unicode.Bidi_Control, r):
			what = "changes the direction of the text"
		case r == '\u200b', r == '\u2060', r == '\ufeff': // joiners that shape letters and emoji are none of them
			what = "is not visible"
		}
		if what != "" {
			return fmt.Errorf("holds the character %U at byte %d, which %s", r, i, what)
		}
	}
	leaked := false
	FindTokens([]byte(s), func(int, string) { leaked = true })
	if leaked {
		return errors.New("holds a whole API key, which must not be stored; revoke that key if others may have seen it")
	}
	return nil
}
