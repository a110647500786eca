// Package term is what the command line shows and asks at a terminal: tables,
// words, prompts. What comes from elsewhere cannot steer the terminal.
package term

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Line is a result for people, in one line.
func Line(format string, args ...any) func(io.Writer) {
	return func(w io.Writer) { _, _ = io.WriteString(w, Printable(fmt.Sprintf(format, args...))+"\n") }
}

// Printable replaces what would move the cursor, colour the terminal or turn
// the direction of the text.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case steersTerminal(r):
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// steersTerminal reports whether a character does more than to be shown.
func steersTerminal(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// OrDash shows that there is nothing.
func OrDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// OrAll shows a restriction that is not there.
func OrAll(list []string) string {
	if len(list) == 0 {
		return "all"
	}
	return strings.Join(list, ", ")
}

// Count says how many there are of something.
func Count(n int, what string) string {
	many := what + "s"
	if stem, ok := strings.CutSuffix(what, "y"); ok && !strings.HasSuffix(what, "ey") {
		many = stem + "ies"
	}
	switch n {
	case 0:
		return "no " + many
	case 1:
		return "1 " + what
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Quote writes a word as a shell reads it.
func Quote(word string) string {
	plain := func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' ||
			strings.ContainsRune("-_./:@%+=,", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
