package assertion_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/assertion"
	"github.com/ostiary/ostiary/pkg/verify"
)

func identity(role apikey.Role, name string) *verify.Identity {
	id, _ := apikey.ParseID("4fjK2n0qPz7a")
	return verify.NewIdentity(id, role, 7, name)
}

// keySet reads the key set as those who trust it do.
func keySet(t testing.TB, s *assertion.Signer) (set jose.JSONWebKeySet) {
	t.Helper()
	require.NoError(t, json.Unmarshal(s.KeySet(), &set))
	return set
}

// read checks an assertion as Grafana does: the key by its id, the signature,
// the times and whom it is for.
func read(t testing.TB, set jose.JSONWebKeySet, token string) (claims map[string]any) {
	t.Helper()
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256})
	require.NoError(t, err)
	require.Len(t, parsed.Headers, 1)
	keys := set.Key(parsed.Headers[0].KeyID)
	require.Len(t, keys, 1)
	var registered jwt.Claims
	require.NoError(t, parsed.Claims(keys[0], &registered, &claims))
	require.NoError(t, registered.ValidateWithLeeway(jwt.Expected{Issuer: "ostiary", AnyAudience: jwt.Audience{"grafana"}, Time: time.Now()}, 0))
	return claims
}

func TestAssertion(t *testing.T) {
	s, err := assertion.Open(t.TempDir())
	require.NoError(t, err)
	for role, want := range map[apikey.Role]string{
		apikey.RoleAdmin: "Admin", apikey.RoleEditor: "Editor", apikey.RoleViewer: "Viewer", apikey.RoleAgent: "None", apikey.RoleNone: "None",
	} {
		for _, name := range []string{"edge-agents", "Grüße <&> \"'\\", strings.Repeat("€", 255)} {
			before := time.Now().Unix()
			claims := read(t, keySet(t, s), s.Grafana(identity(role, name)))
			issued, ok := claims["iat"].(float64)
			require.True(t, ok)
			require.InDelta(t, before, issued, 2)
			require.Equal(t, map[string]any{
				"iss": "ostiary", "aud": "grafana", "sub": "ostiary:7:4fjK2n0qPz7a", "name": name, "preferred_username": "ostiary-" + name,
				"role": want, "org": 7.0, "iat": issued, "nbf": issued, "exp": issued + 60,
			}, claims)
		}
	}
}

// The key set holds the public half alone, under the name that everybody
// computes for it.
func TestKeySet(t *testing.T) {
	dir := t.TempDir()
	s, err := assertion.Open(dir)
	require.NoError(t, err)
	set := keySet(t, s)
	require.Len(t, set.Keys, 1)
	key := set.Keys[0]
	require.True(t, key.Valid())
	require.True(t, key.IsPublic())
	require.Equal(t, "ES256", key.Algorithm)
	require.Equal(t, "sig", key.Use)
	thumbprint, err := key.Thumbprint(crypto.SHA256)
	require.NoError(t, err)
	require.Equal(t, base64.RawURLEncoding.EncodeToString(thumbprint), key.KeyID)

	again, err := assertion.Open(dir)
	require.NoError(t, err)
	require.Equal(t, s.KeySet(), again.KeySet(), "the key is kept")
	read(t, set, again.Grafana(identity(apikey.RoleViewer, "a")))
	other, err := assertion.Open(t.TempDir())
	require.NoError(t, err)
	require.NotEqual(t, s.KeySet(), other.KeySet(), "every store has its own")
}

func TestAChangedAssertionIsWorthless(t *testing.T) {
	s, err := assertion.Open(t.TempDir())
	require.NoError(t, err)
	set := keySet(t, s)
	parts := strings.Split(s.Grafana(identity(apikey.RoleViewer, "a")), ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	forged := strings.Replace(string(payload), `"role":"Viewer"`, `"role":"Admin"`, 1)
	require.NotEqual(t, string(payload), forged)
	parsed, err := jwt.ParseSigned(parts[0]+"."+base64.RawURLEncoding.EncodeToString([]byte(forged))+"."+parts[2], []jose.SignatureAlgorithm{jose.ES256})
	require.NoError(t, err)
	require.Error(t, parsed.Claims(set.Keys[0], &jwt.Claims{}))
}

// Many requests sign at once; signatures with leading zeros have the same
// length as others.
func TestManyAssertionsAtOnce(t *testing.T) {
	s, err := assertion.Open(t.TempDir())
	require.NoError(t, err)
	set := keySet(t, s)
	var signing sync.WaitGroup
	for range 4 {
		signing.Go(func() {
			for range 300 { // about one of 128 has a leading zero byte
				read(t, set, s.Grafana(identity(apikey.RoleEditor, "a")))
			}
		})
	}
	signing.Wait()
}

func TestOpenAtOnceMakesOneKey(t *testing.T) {
	dir := t.TempDir()
	sets := make([]string, 8)
	var opening sync.WaitGroup
	for i := range sets {
		opening.Go(func() {
			s, err := assertion.Open(dir)
			if err != nil {
				t.Error(err)
				return
			}
			sets[i] = string(s.KeySet())
		})
	}
	opening.Wait()
	for _, set := range sets {
		require.Equal(t, sets[0], set)
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing is left behind")
	info, err := entries[0].Info()
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestKeysThatCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	_, err := assertion.Open(dir)
	require.NoError(t, err)
	file := filepath.Join(dir, assertion.FileName)
	good, err := os.ReadFile(file)
	require.NoError(t, err)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(p384)
	require.NoError(t, err)
	for name, content := range map[string]string{
		"empty":         "",
		"cut":           string(good[:len(good)/2]),
		"another kind":  strings.ReplaceAll(string(good), "PRIVATE KEY", "PUBLIC KEY"),
		"another curve": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	} {
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
		_, err := assertion.Open(dir)
		require.ErrorContains(t, err, file+" is damaged", name)
		require.ErrorContains(t, err, "put it back from your backup", name)
	}
	require.NoError(t, os.WriteFile(file, good, 0o600))
	require.NoError(t, os.Chmod(file, 0o640))
	_, err = assertion.Open(dir)
	require.ErrorContains(t, err, "chmod 600 "+file)
	_, err = assertion.Open(filepath.Join(dir, "none"))
	require.ErrorContains(t, err, "cannot be made")
}

func BenchmarkAssertion(b *testing.B) {
	s, err := assertion.Open(b.TempDir())
	require.NoError(b, err)
	key := identity(apikey.RoleViewer, "edge-agents")
	for b.Loop() {
		s.Grafana(key)
	}
}
