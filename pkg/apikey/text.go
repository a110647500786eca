package apikey

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Normal returns a text as names are kept, in NFC: what looks the same is the
// same, however it was typed.
func Normal(s string) string { return norm.NFC.String(s) }

// CheckName says what is wrong with the name of a key as it is kept.
func CheckName(name string) error {
	kept, err := checkName(name)
	if err == nil && kept != name {
		err = fmt.Errorf("is not as it would be kept, which is %q", kept)
	}
	return err
}

// checkName returns a name as it is kept, in NFC and without surrounding space,
// or what is wrong with it.
func checkName(name string) (string, error) {
	name = strings.TrimSpace(Normal(name))
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return "", fmt.Errorf("a key needs a name of 1 to %d characters", MaxNameLength)
	case n > MaxNameLength:
		return "", fmt.Errorf("has %d characters; at most %d are allowed", n, MaxNameLength)
	}
	if err := checkText(name, false); err != nil {
		return "", err
	}
	switch first, _ := utf8.DecodeRuneInString(name); {
	case !strings.ContainsFunc(name, visible):
		return "", errors.New("has no character that can be seen")
	case unicode.Is(unicode.M, first):
		return "", fmt.Errorf("begins with %U, which is a part of the character before it", first)
	}
	return name, nil
}

// checkDescription is like checkName. A description may be empty, have several
// lines, which end as on Unix, and hold what joins letters and emoji.
func checkDescription(s string) (string, error) {
	s = strings.ReplaceAll(strings.TrimSpace(Normal(s)), "\r\n", "\n")
	if n := utf8.RuneCountInString(s); n > MaxDescriptionLength {
		return "", fmt.Errorf("has %d characters; at most %d are allowed", n, MaxDescriptionLength)
	}
	return s, checkText(s, true)
}

// checkText refuses what would garble a table, a log line or a header or look
// like another text, and a token that was pasted into the wrong field: it would
// be stored in the clear. Prose may have lines and joined characters.
func checkText(s string, prose bool) error {
	if !utf8.ValidString(s) {
		return errors.New("is not valid UTF-8")
	}
	before := ' '
	for i, r := range s {
		what := ""
		switch {
		case prose && (r == '\n' || r == '\t'):
		case prose && joins(before, r):
		case r == unicode.ReplacementChar: // a JSON decoder puts it for what is not UTF-8
			what = "stands for text that was not valid UTF-8"
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			what = "is a control character"
		case unicode.Is(unicode.Bidi_Control, r):
			what = "changes the direction of the text"
		case ignorable(r):
			what = "is not visible"
		}
		if what != "" {
			return fmt.Errorf("holds the character %U at byte %d, which %s", r, i, what)
		}
		before = r
	}
	leaked := false
	FindTokens([]byte(s), func(int, string) { leaked = true })
	if leaked {
		return errors.New("holds a whole API key, which must not be stored; revoke that key if others may have seen it")
	}
	return nil
}

// ignorable reports whether a character is shown as nothing where it is not
// known: Unicode's Default_Ignorable_Code_Point, and all other marks of format.
func ignorable(r rune) bool {
	return unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) ||
		unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// visible reports whether a character leaves ink by itself.
func visible(r rune) bool {
	const blankBraille = '\u2800'
	return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && r != blankBraille && !ignorable(r)
}

// joins reports whether a character only shapes the one before it: the joiners
// of scripts and emoji, and what chooses between the looks of a symbol.
func joins(before, r rune) bool {
	const notJoined, joined, asText, asEmoji = '\u200c', '\u200d', '\ufe0e', '\ufe0f'
	switch r {
	case notJoined, joined:
		return before == asText || before == asEmoji || visible(before) ||
			unicode.Is(unicode.M, before) && !ignorable(before)
	case asText, asEmoji:
		return visible(before)
	}
	return false
}
