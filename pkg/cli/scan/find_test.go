package scan

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ostiary/ostiary/pkg/apikey"
)

type place struct {
	line, column int
	token        string
}

func places(t require.TestingT, r io.Reader) (found []place) {
	err := Find(context.Background(), r, func(line, column int, token string) error {
		found = append(found, place{line, column, token})
		return nil
	})
	require.NoError(t, err)
	return found
}

// A token is found once, wherever the buffer happens to end.
func TestFindTokensAtTheBuffersEnd(t *testing.T) {
	token, _ := apikey.NewToken()
	for at := scanBuffer - apikey.TokenLength - 3; at < scanBuffer+3; at++ {
		text := bytes.Repeat([]byte{'.'}, at)
		copy(text, "one\ntwo\n")
		text = append(text, token...)
		require.Equal(t, []place{{3, at - 8 + 1, token}}, places(t, bytes.NewReader(text)), "at the end, %d", at)
		text = append(text, bytes.Repeat([]byte{'.'}, 100)...)
		require.Equal(t, []place{{3, at - 8 + 1, token}}, places(t, bytes.NewReader(text)), "at %d", at)

		text[at+len(token)] = 'x'
		require.Empty(t, places(t, bytes.NewReader(text)), "part of a longer word, at %d", at)
		text[at+len(token)], text[at-1] = '.', 'x'
		require.Empty(t, places(t, bytes.NewReader(text)), "end of a longer word, at %d", at)
	}
}

// Any text gives what the places in the whole text are, however it is read.
func TestFindTokensAnywhere(t *testing.T) {
	token, _ := apikey.NewToken()
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SampledFrom([]string{token, token[:30], token[30:], "\n", "\r\n", " ", "x", "ost_", "\x00", "ä"})
		text := strings.Join(rapid.SliceOfN(piece, 0, 40).Draw(t, "text"), "")
		var want []place
		apikey.FindTokens([]byte(text), func(offset int, token string) {
			before := text[:offset]
			want = append(want, place{strings.Count(before, "\n") + 1, offset - strings.LastIndexByte(before, '\n'), token})
		})
		require.Equal(t, want, places(t, strings.NewReader(text)))
		require.Equal(t, want, places(t, iotest.OneByteReader(strings.NewReader(text))))
	})
}

func TestFindTokensEnds(t *testing.T) {
	token, _ := apikey.NewToken()
	var reading *ReadError
	broken := io.MultiReader(strings.NewReader(token), iotest.ErrReader(errors.New("disk on fire")))
	require.ErrorAs(t, Find(t.Context(), broken, nil), &reading)

	enough := errors.New("enough")
	err := Find(t.Context(), strings.NewReader(token+" "+token), func(int, int, string) error { return enough })
	require.ErrorIs(t, err, enough)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, Find(ctx, strings.NewReader(token), nil), context.Canceled)
}

// wide writes ASCII in UTF-16.
func wide(text string, little bool) []byte {
	out := make([]byte, 0, 2*len(text))
	for _, c := range []byte(text) {
		if little {
			out = append(out, c, 0)
		} else {
			out = append(out, 0, c)
		}
	}
	return out
}

func TestFindTokensInUTF16(t *testing.T) {
	token, _ := apikey.NewToken()
	for name, c := range map[string]struct {
		mark   string
		little bool
	}{"little-endian": {"\xff\xfe", true}, "big-endian": {"\xfe\xff", false}} {
		t.Run(name, func(t *testing.T) {
			text := append([]byte(c.mark), wide(token+"\r\nkey: "+token+"\r\n", c.little)...)
			require.Equal(t, []place{{1, 1, token}, {2, 6, token}}, places(t, bytes.NewReader(text)))
			require.Equal(t, []place{{1, 1, token}, {2, 6, token}}, places(t, iotest.OneByteReader(bytes.NewReader(text))))

			mixed := append([]byte("key: "+token+"\n"), wide("k="+token+" \n", c.little)...) // as >> of an older PowerShell leaves a file
			require.Equal(t, []place{{1, 6, token}, {2, 3, token}}, places(t, bytes.NewReader(mixed)))

			for _, word := range []string{"x" + token, token + "x", token[:60], token[:60] + "_" + token[61:]} {
				require.Empty(t, places(t, bytes.NewReader(wide(" "+word+" ", c.little))), word)
			}
		})
	}
	han := append([]byte{0x61, 0x4e}, append(wide(token, true), 0x61, 0x4e)...) // 乡, whose lower byte is that of "a"
	require.Len(t, places(t, bytes.NewReader(han)), 1)
}

// A token in UTF-16 is found once, wherever the buffer happens to end.
func TestFindTokensInUTF16AtTheBuffersEnd(t *testing.T) {
	token, _ := apikey.NewToken()
	for at := scanBuffer - 2*apikey.TokenLength - 8; at < scanBuffer+8; at++ {
		text := bytes.Repeat([]byte{'.', 0}, at)[:at]
		text = append(text, wide(token, at%2 == 0)...)
		text = append(text, bytes.Repeat([]byte{'.'}, 400)...)
		require.Len(t, places(t, bytes.NewReader(text)), 1, "at %d", at)
		text = append(wide(strings.Repeat(".", at/2)+"x"+token, true), '.', 0)
		require.Empty(t, places(t, bytes.NewReader(text)), "end of a longer word, at %d", at)
		text = wide(strings.Repeat(".", at/2)+token+"x.", true)
		require.Empty(t, places(t, bytes.NewReader(text)), "part of a longer word, at %d", at)
	}
}
