package apikey_test

import (
	"hash/crc32"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ostiary/ostiary/pkg/apikey"
)

var shape = regexp.MustCompile(`^ost_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$`)

func TestTokenHasTheShapeOfTheContract(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		token, id := apikey.NewToken()
		require.Regexp(t, shape, token)
		require.False(t, seen[token], "a token came twice")
		seen[token] = true
		parsed, ok := apikey.ParseToken(token)
		require.True(t, ok)
		require.Equal(t, id, parsed)
		require.Equal(t, token[4:16], id.String())
	}
}

// The checksum is read here with other means than the package's own: a big
// integer in base 62.
func TestChecksumIsCRC32OfEverythingBefore(t *testing.T) {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	token, _ := apikey.NewToken()
	n := new(big.Int)
	for _, c := range token[len(token)-6:] {
		n.Mul(n, big.NewInt(62)).Add(n, big.NewInt(int64(strings.IndexRune(digits, c))))
	}
	require.Equal(t, uint64(crc32.ChecksumIEEE([]byte(token[:len(token)-6]))), n.Uint64())
}

func TestEveryChangedCharacterIsNoticed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		token, _ := apikey.NewToken()
		b := []byte(token)
		i := rapid.IntRange(0, len(b)-1).Draw(t, "at")
		b[i] = rapid.Byte().Filter(func(c byte) bool { return c != token[i] }).Draw(t, "byte")
		_, ok := apikey.ParseToken(string(b))
		require.False(t, ok, "%s was taken for %s", b, token)
	})
}

func TestCharactersOfASecretAreEquallyLikely(t *testing.T) {
	counts := map[rune]int{}
	const tokens = 20_000
	for range tokens {
		token, _ := apikey.NewToken()
		for _, c := range token[17:60] {
			counts[c]++
		}
	}
	require.Len(t, counts, 62)
	expected := float64(tokens*43) / 62
	for c, n := range counts {
		require.InDelta(t, expected, float64(n), expected*0.06, "character %c", c) // seven standard deviations
	}
}

func TestFindTokens(t *testing.T) {
	a, _ := apikey.NewToken()
	b, _ := apikey.NewToken()
	wrong := a[:len(a)-1] + string(rune('A'+(a[len(a)-1]+1)%26))
	text := "key=" + a + "\n\"" + b + "\" x" + a + " " + a + "y " + wrong + " ost_ " + a[:40] + " ost_" + b
	var found []string
	apikey.FindTokens([]byte(text), func(offset int, token string) {
		require.Equal(t, token, text[offset:offset+len(token)])
		found = append(found, token)
	})
	require.Equal(t, []string{a, b, b}, found)
}

func TestHintShowsNothingOfTheSecret(t *testing.T) {
	token, id := apikey.NewToken()
	require.Equal(t, "ost_"+id.String()+"_…"+token[62:], apikey.Hint(token))
}

func FuzzParseToken(f *testing.F) {
	token, _ := apikey.NewToken()
	f.Add(token)
	f.Add("ost_")
	f.Add(strings.Repeat("ost_", 17))
	f.Fuzz(func(t *testing.T, s string) {
		id, ok := apikey.ParseToken(s)
		if !ok {
			require.Zero(t, id)
			return
		}
		require.Regexp(t, shape, s)
		require.Equal(t, s[4:16], id.String())
	})
}

func TestDigestDependsOnPepperAndToken(t *testing.T) {
	token, _ := apikey.NewToken()
	other, _ := apikey.NewToken()
	p, q := apikey.NewPepper(), apikey.NewPepper()
	require.True(t, p.Digest(token).Equal(p.Digest(token)))
	require.False(t, p.Digest(token).Equal(q.Digest(token)))
	require.False(t, p.Digest(token).Equal(p.Digest(other)))
	require.Equal(t, p.Digest(token), apikey.PepperOf("x", p.Secret()).Digest(token))
}

// RFC 4231, test case 2, with the key padded as HMAC pads it itself.
func TestDigestIsHMACSHA256(t *testing.T) {
	var secret [apikey.PepperSize]byte
	copy(secret[:], "Jefe")
	d := apikey.PepperOf("rfc4231", secret).Digest("what do ya want for nothing?")
	want, _ := new(big.Int).SetString("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", 16)
	require.Equal(t, want.Bytes(), d[:])
}

func TestRedact(t *testing.T) {
	token, _ := apikey.NewToken()
	for in, want := range map[string]string{
		"":                     "",
		"no ost_ here":         "no ost_ here",
		"a " + token + " b":    "a " + token[:17] + "… b",
		token[:30]:             token[:17] + "…",
		apikey.Hint(token):     apikey.Hint(token),
		"x" + token + "y":      "x" + token[:17] + "…",
		"%22" + token + "%22,": "%22" + token[:17] + "…%22,",
	} {
		require.Equal(t, want, apikey.Redact(in))
	}
	require.NotContains(t, apikey.Redact(token+token), token[20:40])
}

func TestWhatIsSearchedForHoldsNoSecret(t *testing.T) {
	token, id := apikey.NewToken()
	for in, want := range map[string]string{
		"": "", "ost of berlin": "ost of berlin", "a " + token + " -" + apikey.Hint(token): "a " + id.String() + " -" + id.String(),
		token[:30]: id.String(), "owner:" + token[:16]: "owner:" + id.String(),
	} {
		require.Equal(t, want, apikey.Searched(in))
	}
}

func TestRedactTokensOfOtherSystems(t *testing.T) {
	for in, want := range map[string]string{
		"GET /x/psx-AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA/y": "GET /x/psx-…",
		"uk12_abcdefghijklmnopqrstuvwxyzABCDEFGHIJ-_, and more":    "uk12_…, and more",
		"glsa_0123456789abcdefghijklmnopqrstuv_00ff00ff":           "glsa_…",
		"key=eyJrIjoiMDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ubyJ9==&x=1":   "key=eyJrIjoi…&x=1",
		"uk1_short psx-short eyJrIjoi glsa_x":                      "uk1_short psx-short eyJrIjoi glsa_x",
		"duke12_abcdefghijklmnopqrstuvwxyzABCDEFGHIJ is no token":  "duke12_abcdefghijklmnopqrstuvwxyzABCDEFGHIJ is no token",
	} {
		require.Equal(t, want, apikey.Redact(in))
	}
}
