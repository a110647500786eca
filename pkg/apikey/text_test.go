package apikey_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// What a text may hold is the same whether it is made, changed or a pool's.
func TestTextsHoldNothingThatMisleads(t *testing.T) {
	for _, c := range []struct{ text, name, description string }{
		{text: "Ünïcode, 鍵, \u0600 and 🦊"},
		{text: "a family 👨\u200d👩\u200d👧", name: "U+200D"},
		{text: "can burn ❤\ufe0f\u200d🔥", name: "U+FE0F"},
		{text: "می\u200cخواهم", name: "U+200C"},
		{text: "क्\u200dष", name: "U+200D"},
		{text: "a \u200dfamily", name: "U+200D", description: "holds the character U+200D at byte 2, which is not visible"},
		{text: "a\u200d\u200db", name: "U+200D", description: "U+200D"},
		{text: "a\ufe0f\ufe0fb", name: "U+FE0F", description: "U+FE0F"},
		{text: "\U000e0041dmin", name: "U+E0041", description: "U+E0041"},
		{text: "a\U000e0100b", name: "U+E0100", description: "U+E0100"},
		{text: "soft\u00adhyphen", name: "U+00AD", description: "U+00AD"},
		{text: "a\u034fb", name: "U+034F", description: "U+034F"},
		{text: "a\u061cb", name: "U+061C", description: "U+061C"},
		{text: "a\u115fb", name: "U+115F", description: "U+115F"},
		{text: "\u3164", name: "U+3164", description: "U+3164"},
		{text: "a\uffa0", name: "U+FFA0", description: "U+FFA0"},
		{text: "a\u180eb", name: "U+180E", description: "U+180E"},
		{text: "a\u2064b", name: "U+2064", description: "U+2064"},
		{text: "a\u2065b", name: "U+2065", description: "U+2065"},
		{text: "a\ufff9b", name: "U+FFF9", description: "U+FFF9"},
		{text: "a\U0001d173b", name: "U+1D173", description: "U+1D173"},
		{text: "\u2800\u2800", name: "has no character that can be seen"},
		{text: "\u0301\u0301", name: "has no character that can be seen"},
		{text: "\u0301a", name: "begins with U+0301, which is a part of the character before it"},
		{text: "two\nlines\tand a tab", name: "holds the character U+000A at byte 3, which is a control character"},
		{text: "two\r\nlines", name: "U+000D"},
		{text: "over\rwritten", name: "U+000D", description: "holds the character U+000D at byte 4, which is a control character"},
		{text: "\x1b[31mred", name: "U+001B", description: "U+001B"},
		{text: "C1 \u009b31m", name: "U+009B", description: "U+009B"},
		{text: "line\u2028separator", name: "U+2028", description: "U+2028"},
		{text: "report\u202egnp.exe", name: "holds the character U+202E at byte 6, which changes the direction of the text", description: "U+202E"},
		{text: "a\u2066b", name: "U+2066", description: "U+2066"},
		{text: "a\u200fb", name: "U+200F", description: "U+200F"},
		{text: "ad\u200bmin", name: "holds the character U+200B at byte 2, which is not visible", description: "U+200B"},
		{text: "\ufeffadmin", name: "U+FEFF", description: "U+FEFF"},
		{text: "bad\xff", name: "is not valid UTF-8", description: "is not valid UTF-8"},
		{text: "bad\ufffd", name: "holds the character U+FFFD at byte 3, which stands for text that was not valid UTF-8", description: "U+FFFD"},
	} {
		b := newBench(t, false)
		other := b.create(t, apikey.NewKey{Name: "other"}).Key.ID
		attempt := func(says, field string, change apikey.Update, create func() error) {
			t.Helper()
			_, err := b.Update(admin(t), other, change, false)
			for _, err := range []error{err, create()} {
				if says == "" {
					require.NoError(t, err, "%q", c.text)
					continue
				}
				invalid, ok := errors.AsType[*apikey.Error](err)
				require.True(t, ok, "%q: %v", c.text, err)
				require.Equal(t, apikey.CodeInvalid, invalid.Code)
				require.Equal(t, field, invalid.Fields[0].Field)
				require.Contains(t, invalid.Fields[0].Detail, says)
			}
		}
		attempt(c.description, "description", apikey.Update{Description: &c.text}, func() error {
			_, err := b.CreatePool(admin(t), apikey.NewPool{Name: "p", Description: c.text})
			return err
		})
		attempt(c.name, "name", apikey.Update{Name: &c.text}, func() error {
			_, err := b.Create(as(t, 2, apikey.RoleAdmin), apikey.NewKey{Name: c.text, Role: apikey.RoleViewer})
			return err
		})
	}
}

func TestLinesOfADescriptionEndAsOnUnix(t *testing.T) {
	k := newBench(t, false).create(t, apikey.NewKey{Name: "k", Description: " one\r\ntwo\n"})
	require.Equal(t, "one\ntwo", k.Key.Description)
}

// All of Unicode is held against the rules: a name holds no character that is
// shown as nothing, and has at least one that is seen.
func TestNamesAreSeen(t *testing.T) {
	for r := rune(1); r <= unicode.MaxRune; r++ {
		special := unicode.In(r, unicode.C, unicode.M, unicode.Z, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) && !unicode.Is(unicode.Co, r)
		if !utf8.ValidRune(r) || !special && r%61 != 0 { // of those that are like a million others, some
			continue
		}
		inside, alone := apikey.CheckName(apikey.Normal("a"+string(r)+"b")), apikey.CheckName(apikey.Normal(string(r)))
		hidden := unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Bidi_Control, unicode.Cc, unicode.Zl, unicode.Zp) ||
			unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r) || r == unicode.ReplacementChar
		if hidden != (inside != nil) {
			require.Fail(t, "in a name", "%U: %v", r, inside)
		}
		if alone == nil && (hidden || unicode.In(r, unicode.M, unicode.Z)) {
			require.Fail(t, "as a name", "%U", r)
		}
	}
}

// TestNamesAreKeptInNFC takes one name in two forms for one.
func TestNamesAreKeptInNFC(t *testing.T) {
	b := newBench(t, false)
	typed := "Zu\u0308rich e\u0301dge \u1100\u1161" // as a Mac writes it
	k := b.create(t, apikey.NewKey{Name: typed, Description: typed}).Key
	require.Equal(t, "Zürich édge 가", k.Name)
	require.Equal(t, "Zürich édge 가", k.Description)
	_, err := b.Create(admin(t), apikey.NewKey{Name: "Zürich édge 가", Role: apikey.RoleViewer})
	requireCode(t, apikey.CodeDuplicateName, err)
	for _, search := range []string{"zu\u0308rich", "zürich"} {
		keys, _, err := b.Keys(admin(t), apikey.Query{Search: search})
		require.NoError(t, err)
		require.Len(t, keys, 1)
		n, err := b.CountKeys(admin(t), apikey.Query{Search: search})
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
		entries, _, err := b.Audit(admin(t), apikey.AuditQuery{Search: search})
		require.NoError(t, err)
		require.Len(t, entries, 1)
	}
	require.NoError(t, apikey.CheckName("Zürich"))
	require.Error(t, apikey.CheckName("Zu\u0308rich"))
	require.Error(t, apikey.CheckName(" a"))
	long := strings.Repeat("e\u0301", apikey.MaxNameLength)
	require.Len(t, []rune(b.create(t, apikey.NewKey{Name: long}).Key.Name), apikey.MaxNameLength, "characters are counted as they are kept")
}
