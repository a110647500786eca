package apikey_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// What a text may hold is the same whether it is made, changed or a pool's.
func TestTextsHoldNothingThatMisleads(t *testing.T) {
	for _, c := range []struct{ text, name, description string }{
		{text: "Ünïcode, 鍵 and a family 👨\u200d👩\u200d👧"},
		{text: "می\u200cخواهم"},
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
