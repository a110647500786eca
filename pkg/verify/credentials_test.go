package verify_test

import (
	"encoding/base64"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

var sources = verify.Sources{Schemes: []string{"StackState"}, Headers: []string{"X-Api-Key"}, Query: "api_key"}

func basicAuth(userPassword string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(userPassword))
}

func TestFind(t *testing.T) {
	const k, other = "ost_key", "ost_other"
	for name, c := range map[string]struct {
		header http.Header
		query  string
		want   verify.Credential
		twice  bool
	}{
		"nothing":                   {},
		"bearer":                    {header: http.Header{"Authorization": {"Bearer " + k}}, want: verify.Credential{Token: k}},
		"bearer in any case":        {header: http.Header{"Authorization": {"bEaReR  " + k + " "}}, want: verify.Credential{Token: k}},
		"bearer without a key":      {header: http.Header{"Authorization": {"Bearer "}}},
		"basic with a user":         {header: http.Header{"Authorization": {basicAuth("api_key:" + k)}}, want: verify.Credential{Token: k, Basic: true, User: "api_key"}},
		"basic without a user":      {header: http.Header{"Authorization": {basicAuth(":" + k)}}, want: verify.Credential{Token: k, Basic: true}},
		"basic with colons":         {header: http.Header{"Authorization": {basicAuth("u:a:b")}}, want: verify.Credential{Token: "a:b", Basic: true, User: "u"}},
		"basic without a password":  {header: http.Header{"Authorization": {basicAuth("prom:")}}, want: verify.Credential{}},
		"basic that is no base64":   {header: http.Header{"Authorization": {"Basic !!"}}, want: verify.Credential{Token: "!!", Basic: true}},
		"a configured scheme":       {header: http.Header{"Authorization": {"stackstate " + k}}, want: verify.Credential{Token: k}},
		"an unknown scheme":         {header: http.Header{"Authorization": {"Digest " + k}}},
		"a configured header":       {header: http.Header{"X-Api-Key": {k}}, want: verify.Credential{Token: k}},
		"a query parameter":         {query: "a=b&api_key=" + k, want: verify.Credential{Token: k}},
		"the same twice":            {header: http.Header{"Authorization": {"Bearer " + k}, "X-Api-Key": {k}}, want: verify.Credential{Token: k}},
		"two that differ":           {header: http.Header{"Authorization": {"Bearer " + k}, "X-Api-Key": {other}}, want: verify.Credential{Token: k}, twice: true},
		"two header lines":          {header: http.Header{"Authorization": {"Bearer " + k, "Bearer " + other}}, want: verify.Credential{Token: k}, twice: true},
		"header and query differ":   {header: http.Header{"Authorization": {"Bearer " + k}}, query: "api_key=" + other, want: verify.Credential{Token: k}, twice: true},
		"two query values":          {query: "api_key=" + k + "&api_key=" + other, want: verify.Credential{Token: k}, twice: true},
		"an unknown scheme and one": {header: http.Header{"Authorization": {"Digest x", "Bearer " + k}}, want: verify.Credential{Token: k}},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := sources.Find(c.header, &url.URL{RawQuery: c.query})
			require.Equal(t, !c.twice, ok)
			require.Equal(t, c.want, got)
		})
	}
}

func TestQueryIsNoCredentialUnlessAllowed(t *testing.T) {
	got, ok := new(verify.Sources).Find(nil, &url.URL{RawQuery: "api_key=ost_key"})
	require.True(t, ok)
	require.Zero(t, got)
}

func TestStrip(t *testing.T) {
	h := http.Header{
		"Authorization": {"Bearer k", "Digest d"}, "X-Api-Key": {"k"}, "X-Ostiary-Role": {"Admin"}, "X_ostiary_key_id": {"1"},
		"X-Other": {"stays"},
	}
	u := &url.URL{RawQuery: "a=b%20c&api_key=k&api%5Fkey=k2&;x&c"}
	sources.Strip(h, u)
	require.Equal(t, http.Header{"Authorization": {"Digest d"}, "X-Other": {"stays"}}, h)
	require.Equal(t, "a=b%20c&;x&c", u.RawQuery)
}

func TestStripKeysLeavesOthersCredentials(t *testing.T) {
	token, _ := apikey.NewToken()
	h := http.Header{"Authorization": {"Bearer theirs"}, "X-Api-Key": {token}, "X-Ostiary-Org": {"7"}}
	u := &url.URL{RawQuery: "api_key=theirs&api_key=" + token}
	sources.StripKeys(h, u)
	require.Equal(t, http.Header{"Authorization": {"Bearer theirs"}}, h)
	require.Equal(t, "api_key=theirs", u.RawQuery)
}

// Whatever a request looks like: once stripped, it holds no credential.
func FuzzStripLeavesNothingToFind(f *testing.F) {
	token, _ := apikey.NewToken()
	f.Add("Bearer "+token, token, "api_key="+token)
	f.Add(basicAuth("api_key:"+token), "", "api%5fkey=x&api_key")
	f.Add("Basic", "\x00", "%zz&api_key=%zz")
	f.Fuzz(func(t *testing.T, authorization, header, query string) {
		h := http.Header{"Authorization": {authorization}, "X-Api-Key": {header}}
		u := &url.URL{RawQuery: query}
		_, _ = sources.Find(h, u)
		sources.Strip(h, u)
		left, ok := sources.Find(h, u)
		require.True(t, ok)
		require.Zero(t, left)
		require.NotContains(t, strings.Join(h["X-Api-Key"], ""), token)
	})
}

func TestClientAddr(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for name, c := range map[string]struct {
		remote, want string
		forwarded    []string
	}{
		"direct":                           {remote: "192.0.2.1:99", want: "192.0.2.1"},
		"a client cannot forge":            {remote: "192.0.2.1:99", forwarded: []string{"203.0.113.9"}, want: "192.0.2.1"},
		"through a proxy":                  {remote: "10.0.0.1:99", forwarded: []string{"203.0.113.9"}, want: "203.0.113.9"},
		"what the client wrote is ignored": {remote: "10.0.0.1:99", forwarded: []string{"1.2.3.4, 203.0.113.9"}, want: "203.0.113.9"},
		"two proxies":                      {remote: "10.0.0.1:99", forwarded: []string{"1.2.3.4", "203.0.113.9, 10.0.0.2"}, want: "203.0.113.9"},
		"a port":                           {remote: "10.0.0.1:99", forwarded: []string{"203.0.113.9:1234"}, want: "203.0.113.9"},
		"IPv6":                             {remote: "[::1]:99", forwarded: []string{"[2001:db8::1]:5"}, want: "2001:db8::1"},
		"mapped":                           {remote: "[::ffff:10.0.0.1]:99", forwarded: []string{"::ffff:203.0.113.9"}, want: "203.0.113.9"},
		"garbage":                          {remote: "10.0.0.1:99", forwarded: []string{"203.0.113.9, unknown"}, want: "10.0.0.1"},
		"only proxies":                     {remote: "10.0.0.1:99", forwarded: []string{"10.0.0.3, 10.0.0.2"}, want: "10.0.0.3"},
		"a proxy that says nothing":        {remote: "10.0.0.1:99", want: "10.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{"X-Forwarded-For": c.forwarded}
			require.Equal(t, c.want, verify.ClientAddr(verify.PeerAddr(c.remote), h, trusted).String())
		})
	}
	require.False(t, verify.PeerAddr("@").IsValid())
	require.False(t, verify.ClientAddr(netip.Addr{}, http.Header{"X-Forwarded-For": {"203.0.113.9"}}, trusted).IsValid())
}
