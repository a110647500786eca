package origin_test

import (
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/origin"
	"github.com/ostiary/ostiary/pkg/origin/origintest"
)

func init() { origintest.BcryptCost = bcrypt.MinCost } // the race detector makes it very slow

// read returns the keys of a database.
func read(t *testing.T, system, path string) []apikey.ForeignKey {
	t.Helper()
	keys, err := origin.Read(t.Context(), system, path, origin.Options{OrgID: 1})
	require.NoError(t, err)
	return keys
}

// A token of each form is found under a handle of its key, and fits its hash.
func TestTokensFitTheirHashes(t *testing.T) {
	dir := t.TempDir()
	for system, fill := range map[string]func(path string) []string{
		origin.Grafana: func(path string) []string {
			return origintest.Grafana(path,
				origintest.Key{Name: "Ä <b> & \"q\" \u2028", Role: "Viewer"},
				origintest.Key{Name: "moved", Role: "Editor", Account: true},
				origintest.Key{Name: "new", Role: "Admin", Account: true, New: true},
				origintest.Key{Name: "newer", Role: "Admin", Account: true, New: true})
		},
		origin.Pyroscope: func(path string) []string {
			return origintest.Pyroscope(path, origintest.Key{Name: "a", Role: "Agent"}, origintest.Key{Name: "b", Role: "Admin"})
		},
		origin.UptimeKuma: func(path string) []string {
			return append(origintest.Kuma(path, "", origintest.Key{Name: "a"}, origintest.Key{Name: "a"}), origintest.Kuma3(path, origintest.Key{Name: "a"}, origintest.Key{Name: "b"})...)
		},
	} {
		path := filepath.Join(dir, system)
		tokens := fill(path)
		keys := read(t, system, path)
		require.Len(t, keys, len(tokens))
		for i, token := range tokens {
			parsed, ok := origin.Parse(token)
			require.True(t, ok, token)
			require.Contains(t, origin.Handles(&keys[i].Origin), parsed.Handle)
			other := keys[(i+1)%len(keys)].Origin.Hash
			require.Equal(t, 1, parsed.Match([]string{other, keys[i].Origin.Hash}), token)
			require.Equal(t, -1, parsed.Match([]string{other}))
			require.Equal(t, -1, parsed.Match(nil))
		}
	}
}

func TestWhatIsNoTokenIsNotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	grafana := origintest.Grafana(path, origintest.Key{Name: "a", Role: "Viewer"}, origintest.Key{Name: "b", Role: "Viewer", Account: true, New: true})
	text, err := base64.StdEncoding.DecodeString(grafana[0])
	require.NoError(t, err)
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	own, _ := apikey.NewToken()
	psx := func(payload ...byte) string {
		return "psx-" + base64.RawURLEncoding.EncodeToString(append(payload, make([]byte, 32)...))
	}
	_, ok := origin.Parse(psx(7))
	require.True(t, ok)
	for _, token := range []string{
		"", "x", own, "eyJ", "uk", "psx-", "glsa_", "glsa__", "glsa_a_b", "Bearer " + grafana[0],
		encode(`{"k":"s","n":"a","id":1} `),
		encode(`{ "k":"s","n":"a","id":1}`),
		encode(`{"n":"a","k":"s","id":1}`),
		encode(`{"k":"s","n":"a","id":1,"x":2}`),
		encode(`{"k":"","n":"a","id":1}`),
		encode(`{"k":"s","n":"","id":1}`),
		encode(`{"k":"s","n":"a","id":"1"}`),
		encode(`{"k":"s","n":"\u0061","id":1}`),
		grafana[0][:8] + "\n" + grafana[0][8:],
		strings.TrimRight(encode(string(text)+"  "), "="),
		grafana[1][:len(grafana[1])-1] + "g",
		strings.Replace(grafana[1], "glsa_", "glsb_", 1),
		psx(), psx(0x87, 0x00), psx(7, 7), psx(7) + "=", psx(7)[:20] + "\n" + psx(7)[20:],
		"uk_abc", "uk01_abc", "uk+1_abc", "uk1_", "uk1", "uk-1_abc", "uk99999999999999999999_abc", "uk1_" + strings.Repeat("x", 73),
		strings.Repeat("a", 63), strings.Repeat("a", 65), strings.Repeat("a", 63) + "1", strings.Repeat("a", 63) + "_", strings.Repeat("ä", 32),
		encode(`{"k":"s","n":"` + strings.Repeat("n", origin.MaxTokenLength) + `","id":1}`),
	} {
		_, ok := origin.Parse(token)
		require.False(t, ok, "%q", token)
	}
}

func FuzzParse(f *testing.F) {
	dir := f.TempDir()
	for _, tokens := range [][]string{
		origintest.Grafana(filepath.Join(dir, "g"), origintest.Key{Name: "a", Role: "Viewer"}, origintest.Key{Name: "b", Role: "Viewer", Account: true, New: true}),
		origintest.Pyroscope(filepath.Join(dir, "p"), origintest.Key{Name: "a", Role: "Agent"}),
		origintest.Kuma(filepath.Join(dir, "k"), "", origintest.Key{Name: "a"}),
	} {
		for _, token := range tokens {
			f.Add(token)
		}
	}
	f.Fuzz(func(t *testing.T, token string) {
		if parsed, ok := origin.Parse(token); ok {
			require.NotEmpty(t, parsed.Handle)
			require.LessOrEqual(t, len(token), origin.MaxTokenLength)
		}
	})
}

// What Grafana's own tests hold a token and its hash to be, and bcrypt as the
// libraries for JavaScript write it.
func TestKnownTokensFitTheirHashes(t *testing.T) {
	sum, err := bcrypt.GenerateFromPassword([]byte("V1StGXR8_Z5jdHi6B-myTabcdefghijklmnopqrs"), bcrypt.MinCost)
	require.NoError(t, err)
	for token, hash := range map[string]string{
		"glsa_iNValIdinValiDinvalidinvalidinva_5b582697":                                "c59a6e547944ef768df51d1fc8b2a9810bc777a0bd2e5daa9ef8590f300c884e0ab9470c22c6f789414fdb6485b531166ded",
		base64.StdEncoding.EncodeToString([]byte(`{"k":"iamgod","n":"pepper","id":1}`)): "e59c568621e57756495a468f47c74e07c911b037084dd464bb2ed72410970dc849cabd71b48c394faf08a5405dae53741ce9",
		strings.Repeat("aB", 32):                       "NMHrt-wpFjT0uaXp1uEoDQydfE9IE1ZX3inrod1AvXs",
		"uk7_V1StGXR8_Z5jdHi6B-myTabcdefghijklmnopqrs": strings.Replace(string(sum), "$2a$", "$2b$", 1),
	} {
		parsed, ok := origin.Parse(token)
		require.True(t, ok, token)
		require.Zero(t, parsed.Match([]string{hash}), token)
	}
}

// Tokens of one kind are checked against hashes of one kind, so that a check
// takes as long whichever key they may be of.
func TestKinds(t *testing.T) {
	kinds := map[string]string{}
	for _, token := range []string{"uk1_secret", "uk22_other", strings.Repeat("aB", 32), strings.Repeat("cD", 32)} {
		parsed, ok := origin.Parse(token)
		require.True(t, ok, token)
		kinds[token] = origin.Kind(parsed.Handle)
	}
	require.Equal(t, kinds["uk1_secret"], kinds["uk22_other"])
	require.Equal(t, kinds[strings.Repeat("aB", 32)], kinds[strings.Repeat("cD", 32)])
	require.NotEqual(t, kinds["uk1_secret"], kinds[strings.Repeat("aB", 32)])
	require.Equal(t, origin.Grafana, origin.Kind("grafana 1/a name"))
}
