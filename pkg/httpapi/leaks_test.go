package httpapi_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/httpapi"
	"github.com/ostiary/ostiary/pkg/verify"
)

func report(token, where string) string {
	body, _ := json.Marshal(api.LeakReport{Token: token, Where: where})
	return string(body)
}

// TestLeak lets anybody end a token that he holds, and nothing else.
func TestLeak(t *testing.T) {
	s := start(t, func(set *settings) {
		set.service.KeepLastAdmin = true
		set.http.ClientAddr = func(*http.Request) netip.Addr { return netip.MustParseAddr("198.51.100.7") }
	})
	leak := func(token, where string) api.LeakOutcome {
		t.Helper()
		r := s.do(t, "", http.MethodPost, "/v1/leaks", report(token, where))
		require.Equal(t, http.StatusOK, r.StatusCode, r.body)
		requireNoToken(t, r.body)
		return decode[api.LeakOutcome](t, r.body)
	}

	theirs := s.create(t, "other", `{"name":"the last Admin key","role":"Admin"}`)
	require.Equal(t, api.LeakOutcome{Outcome: "revoked", KeyID: theirs.Key.ID, TokenID: theirs.Key.ID},
		leak(theirs.Token, "https://git.example.com/?key="+theirs.Token))
	r := s.do(t, "other", http.MethodGet, "/v1/audit?action=leak", "")
	requireNoToken(t, r.body)
	entry := decode[api.AuditList](t, r.body).Entries[0]
	require.Equal(t, "198.51.100.7", entry.From)
	require.Equal(t, "leak report", entry.Actor)
	require.Equal(t, theirs.Key.ID, entry.TokenID)
	require.Contains(t, entry.Where, "https://git.example.com/?key=ost_"+theirs.Key.ID)
	require.Equal(t, "revoked", leak(theirs.Token, "").Outcome)
	entries := decode[api.AuditList](t, s.do(t, "other", http.MethodGet, "/v1/audit", "").body).Entries
	require.Len(t, entries, 2, "the second report changes nothing")

	for name, body := range map[string]string{"disabled": `{"enabled":false}`, "expired": `{"expiresIn":1}`} {
		k := s.create(t, "admin", `{"name":"`+name+`","role":"Agent"}`)
		require.Equal(t, http.StatusOK, s.do(t, "admin", http.MethodPatch, "/v1/keys/"+k.Key.ID, body).StatusCode)
		if name == "expired" {
			time.Sleep(1100 * time.Millisecond) // the verifier's clock is the machine's
		}
		require.Equal(t, "revoked", leak(k.Token, "").Outcome, "%s: it could be made to work again", name)
	}

	rotated := s.create(t, "admin", `{"name":"rotated","role":"Agent"}`)
	s.do(t, "admin", http.MethodPost, "/v1/keys/"+rotated.Key.ID+"/rotate", `{"overlap":0}`)
	require.Equal(t, "over", leak(rotated.Token, "").Outcome, "an old token opens nothing, and its key goes on")
	require.Equal(t, apikey.StateActive, decode[api.Key](t, s.do(t, "admin", http.MethodGet, "/v1/keys/"+rotated.Key.ID, "").body).State)

	unknown, _ := apikey.NewToken()
	require.Equal(t, api.LeakOutcome{Outcome: "unknown"}, leak(unknown, ""))
	require.Equal(t, api.LeakOutcome{Outcome: "unknown"}, leak("secret", ""))
	require.Equal(t, api.LeakOutcome{Outcome: "unknown"}, leak(rotated.Token[:40], ""))
}

// TestLeakWithOverlap gives the owner time to rotate.
func TestLeakWithOverlap(t *testing.T) {
	s := start(t, func(set *settings) { set.service.LeakedFor = time.Hour })
	k := s.create(t, "admin", `{"name":"agent","role":"Agent"}`)
	issued := decode[api.IssuedKey](t, s.do(t, "admin", http.MethodPost, "/v1/keys/"+k.Key.ID+"/rotate", `{"overlap":"24h"}`).body)

	before := time.Now()
	first := decode[api.LeakOutcome](t, s.do(t, "viewer", http.MethodPost, "/v1/leaks", report(k.Token, "chat")).body)
	require.Equal(t, "expires", first.Outcome)
	end, err := time.Parse(time.RFC3339Nano, first.ExpiresAt)
	require.NoError(t, err)
	require.WithinRange(t, end, before.Add(time.Hour-time.Second), time.Now().Add(time.Hour+time.Second))
	second := decode[api.LeakOutcome](t, s.do(t, "viewer", http.MethodPost, "/v1/leaks", report(k.Token, "chat")).body)
	require.Equal(t, first, second, "a later report gives no more time")
	require.Equal(t, apikey.CodeValid, s.decide(issued.Token).Code, "the other token works on")
	require.Equal(t, apikey.CodeValid, s.decide(k.Token).Code)
	entry := decode[api.AuditList](t, s.do(t, "admin", http.MethodGet, "/v1/audit?action=leak", "").body).Entries
	require.Len(t, entry, 1)
	require.Equal(t, "viewer", entry[0].Actor)
	require.Equal(t, "expiresAt", entry[0].Changes[0].Field)
}

func (s *server) decide(token string) verify.Decision {
	return verify.New(s.replica).Verify(verify.Question{Token: token})
}

func TestLeakBadInput(t *testing.T) {
	s := start(t, func(set *settings) {
		set.http.Failures = verify.NewFailures(1, 20)
		set.http.ClientAddr = func(*http.Request) netip.Addr { return netip.MustParseAddr("198.51.100.7") }
	})
	for body, field := range map[string]string{
		`{}`:                                   "token",
		`{"token":""}`:                         "token",
		`{"token":7}`:                          "token",
		`{"token":"x","where":"a\u0007b"}`:     "where",
		`{"token":"x","why":"?"}`:              "why",
		report("x", strings.Repeat("a", 1025)): "where",
	} {
		p := problem(t, s.doLoosely(t, "", http.MethodPost, "/v1/leaks", body))
		require.Equal(t, http.StatusBadRequest, p.Status, body)
		require.Equal(t, field, p.Errors[0].Field, body)
	}
	wrong, _ := apikey.NewToken()
	for range 20 {
		s.do(t, "", http.MethodPost, "/v1/leaks", report(wrong, ""))
	}
	r := s.do(t, "", http.MethodPost, "/v1/leaks", report(wrong, ""))
	require.Equal(t, apikey.CodeRateLimited, problem(t, r).Code)
	require.NotEmpty(t, r.Header.Get("Retry-After"))
	good := s.create(t, "admin", `{"name":"good","role":"Agent"}`)
	require.Equal(t, http.StatusOK, s.do(t, "", http.MethodPost, "/v1/leaks", report(good.Token, "")).StatusCode,
		"a right token is taken all the same")
}

// TestLeaksFromGitHub takes what is signed with a key of GitHub's, and nothing else.
func TestLeaksFromGitHub(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	file := filepath.Join(t.TempDir(), "keys.json")
	list, _ := json.Marshal(map[string]any{"public_keys": []map[string]any{{"key_identifier": "abc", "key": string(text), "is_current": true}}})
	require.NoError(t, os.WriteFile(file, list, 0o600))
	s := start(t, func(set *settings) { set.http.GitHubKeys = httpapi.NewGitHubKeys(file) })

	send := func(body, id string, signed []byte) reply {
		t.Helper()
		sum := sha256.Sum256(signed)
		signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
		require.NoError(t, err)
		r := s.request(t, "", http.MethodPost, "/v1/leaks/github", body)
		r.Header.Set("Github-Public-Key-Identifier", id)
		r.Header.Set("Github-Public-Key-Signature", base64.StdEncoding.EncodeToString(signature))
		return s.send(t, r, checked)
	}
	k := s.create(t, "admin", `{"name":"agent","role":"Agent"}`)
	unknown, _ := apikey.NewToken()
	body, _ := json.Marshal([]api.GitHubLeak{
		{Token: k.Token, Type: "ostiary_api_key", URL: "https://github.com/a/b/blob/c/d.yaml", Source: "content"},
		{Token: unknown, Type: "ostiary_api_key"}, {Token: "", Type: "ostiary_api_key", URL: "\a"},
	})
	require.Equal(t, http.StatusUnauthorized, send(string(body), "abc", append(body, ' ')).StatusCode)
	require.Equal(t, http.StatusUnauthorized, send(string(body), "other", body).StatusCode)
	unsigned := s.request(t, "", http.MethodPost, "/v1/leaks/github", string(body))
	require.Equal(t, http.StatusUnauthorized, s.send(t, unsigned, answerChecked).StatusCode)
	require.Equal(t, apikey.CodeValid, s.decide(k.Token).Code)

	r := send(string(body), "abc", body)
	require.Equal(t, http.StatusOK, r.StatusCode, r.body)
	requireNoToken(t, r.body)
	var labels []string
	for _, l := range decode[[]api.GitHubLabel](t, r.body) {
		labels = append(labels, l.Label)
	}
	require.Equal(t, []string{"true_positive", "false_positive", "false_positive"}, labels)
	require.Equal(t, apikey.CodeRevoked, s.decide(k.Token).Code)
	entry := decode[api.AuditList](t, s.do(t, "admin", http.MethodGet, "/v1/audit?action=leak", "").body).Entries[0]
	require.Equal(t, "GitHub secret scanning", entry.Actor)
	require.Equal(t, "https://github.com/a/b/blob/c/d.yaml", entry.Where)

	for _, bad := range []string{`{}`, `[7]`, `nonsense`} {
		r := s.request(t, "", http.MethodPost, "/v1/leaks/github", bad)
		sum := sha256.Sum256([]byte(bad))
		signature, _ := ecdsa.SignASN1(rand.Reader, key, sum[:])
		r.Header.Set("Github-Public-Key-Identifier", "abc")
		r.Header.Set("Github-Public-Key-Signature", base64.StdEncoding.EncodeToString(signature))
		require.Equal(t, http.StatusBadRequest, s.send(t, r, answerChecked).StatusCode, bad)
	}
	without := start(t)
	require.Equal(t, http.StatusNotFound, without.send(t, without.request(t, "", http.MethodPost, "/v1/leaks/github", `[]`), answerChecked).StatusCode)
}
