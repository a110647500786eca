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
	sources.Strip(h, u, "k")
	require.Equal(t, http.Header{"Authorization": {"Digest d"}, "X-Other": {"stays"}}, h)
	require.Equal(t, "a=b%20c&;x&c", u.RawQuery)
}

func TestStripRemovesWhatWasPresentedWhereverItStands(t *testing.T) {
	ours, _ := apikey.NewToken()
	for _, token := range []string{ours, "uk1_secret-enough", "eyJrIjoiYQ+/b=="} {
		h := http.Header{
			"Authorization": {"Token " + token, "Digest d", token}, "X_api_key": {token}, "X-Api_key": {"another"}, "Proxy-Authorization": {basicAuth("me:" + token)},
			"Cookie": {"a=b; token=" + token + "; c=d"}, "X-Note": {"x" + token + "y", "stays"}, "Referer": {"https://h/?api_key=" + url.QueryEscape(token)},
			"X_Ostiary_Role": {"Admin"}, "x_ostiary-org": {"1"}, "X-Empty": nil, "Accept": {"*/*"},
		}
		u := &url.URL{RawQuery: "a=b"}
		sources.Strip(h, u, token)
		require.Equal(t, http.Header{"Authorization": {"Digest d"}, "Cookie": {"a=b; c=d"}, "X-Note": {"stays"}, "X-Empty": nil, "Accept": {"*/*"}}, h)
	}
	h := http.Header{"Authorization": {"Token " + ours, "Token theirs"}, "X-Note": {"a " + ours}, "X_api_key": {"theirs"}, "Cookie": {"k=" + ours}}
	sources.StripKeys(h, nil)
	require.Equal(t, http.Header{"Authorization": {"Token theirs"}, "X_api_key": {"theirs"}, "Cookie": {""}}, h)
}

func TestStripTrailer(t *testing.T) {
	h := http.Header{
		"Authorization": {"Digest d"}, "X-Api-Key": nil, "X_api_key": {"k"}, "X-Ostiary-Role": {"Admin"}, "X_ostiary_org": nil, "X-Forwarded-For": {"::1"}, "X_forwarded_host": {"h"},
		"Forwarded": {"for=x"}, "X-Real-Ip": {"::1"}, "X-Original-Url": {"/"}, "X-Jwt-Assertion": {"e"}, "X_jwt_assertion": {"e"}, "Cookie": {"a=b"}, "Proxy-Authorization": {"x"},
		"X-Note": {"it is uk1_secret-enough"}, "X-Sum": {"42"}, "X-Announced": nil,
	}
	sources.StripTrailer(h, "uk1_secret-enough")
	require.Equal(t, http.Header{"X-Sum": {"42"}, "X-Announced": nil}, h)
}

func TestForgedHeadersAreRemovedOneWayOrTheOther(t *testing.T) {
	for _, name := range verify.ForgedHeaders() {
		for _, spelling := range []string{name, strings.ToLower(name), strings.ReplaceAll(name, "-", "_"), strings.Replace(strings.ToUpper(name), "-", "_", 1)} {
			require.NotEqual(t, verify.IsIdentityHeader(spelling), verify.IsForwardingHeader(spelling), spelling)
		}
	}
	for _, name := range []string{"X-Forwarded", "X-Ostiary", "Forwarded-For", "X-Real-Ip-Too", "Accept"} {
		require.False(t, verify.IsIdentityHeader(name) || verify.IsForwardingHeader(name), name)
	}
}

func TestStripKeysLeavesOthersCredentials(t *testing.T) {
	token, _ := apikey.NewToken()
	h := http.Header{"Authorization": {"Bearer theirs"}, "X-Api-Key": {token}, "X-Ostiary-Org": {"7"}}
	u := &url.URL{RawQuery: "api_key=theirs&api_key=" + token}
	sources.StripKeys(h, u)
	require.Equal(t, http.Header{"Authorization": {"Bearer theirs"}}, h)
	require.Equal(t, "api_key=theirs", u.RawQuery)
}

// No stripped request holds a credential.
func FuzzStripLeavesNothingToFind(f *testing.F) {
	token, _ := apikey.NewToken()
	f.Add("Bearer "+token, token, "api_key="+token)
	f.Add(basicAuth("api_key:"+token), "", "api%5fkey=x&api_key")
	f.Add("Basic", "\x00", "%zz&api_key=%zz")
	f.Fuzz(func(t *testing.T, authorization, header, query string) {
		h := http.Header{"Authorization": {authorization}, "X-Api-Key": {header}}
		u := &url.URL{RawQuery: query}
		presented, _ := sources.Find(h, u)
		sources.Strip(h, u, presented.Token)
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
		real         []string
	}{
		"direct":                           {remote: "192.0.2.1:99", want: "192.0.2.1"},
		"a client cannot forge":            {remote: "192.0.2.1:99", forwarded: []string{"203.0.113.9"}, want: "192.0.2.1"},
		"through a proxy":                  {remote: "10.0.0.1:99", forwarded: []string{"203.0.113.9"}, want: "203.0.113.9"},
		"what the client wrote is ignored": {remote: "10.0.0.1:99", forwarded: []string{"1.2.3.4, 203.0.113.9"}, want: "203.0.113.9"},
		"two proxies":                      {remote: "10.0.0.1:99", forwarded: []string{"1.2.3.4", "203.0.113.9, 10.0.0.2"}, want: "203.0.113.9"},
		"a port":                           {remote: "10.0.0.1:99", forwarded: []string{"203.0.113.9:1234"}, want: "203.0.113.9"},
		"IPv6":                             {remote: "[::1]:99", forwarded: []string{"[2001:db8::1]:5"}, want: "2001:db8::1"},
		"mapped":                           {remote: "[::ffff:10.0.0.1]:99", forwarded: []string{"::ffff:203.0.113.9"}, want: "203.0.113.9"},
		"garbage":                          {remote: "10.0.0.1:99", forwarded: []string{"203.0.113.9, unknown"}, want: "invalid IP"},
		"hidden on purpose":                {remote: "10.0.0.1:99", forwarded: []string{"203.0.113.9, _hidden"}, want: "invalid IP"},
		"an empty last element":            {remote: "10.0.0.1:99", forwarded: []string{"203.0.113.9, "}, want: "203.0.113.9"},
		"empty elements and lines":         {remote: "10.0.0.1:99", forwarded: []string{" ,203.0.113.9,\t, ,", "", ","}, want: "203.0.113.9"},
		"nothing but an empty line":        {remote: "10.0.0.1:99", forwarded: []string{""}, want: "invalid IP"},
		"empty behind a proxy":             {remote: "10.0.0.1:99", forwarded: []string{"203.0.113.9, 10.0.0.2,"}, want: "203.0.113.9"},
		"garbage behind a proxy":           {remote: "10.0.0.1:99", forwarded: []string{"for=x, 10.0.0.2"}, want: "invalid IP"},
		"quotes, brackets and a port":      {remote: "10.0.0.1:99", forwarded: []string{`"[2001:db8::1]:4711"`}, want: "2001:db8::1"},
		"quotes":                           {remote: "10.0.0.1:99", forwarded: []string{`"203.0.113.9"`}, want: "203.0.113.9"},
		"brackets":                         {remote: "10.0.0.1:99", forwarded: []string{"[2001:db8::1]"}, want: "2001:db8::1"},
		"a zone":                           {remote: "10.0.0.1:99", forwarded: []string{"fe80::1%eth0"}, want: "fe80::1"},
		"a zone, and a port":               {remote: "10.0.0.1:99", forwarded: []string{"[fe80::1%eth0]:80"}, want: "fe80::1"},
		"half a bracket":                   {remote: "10.0.0.1:99", forwarded: []string{"[2001:db8::1"}, want: "invalid IP"},
		"too many brackets":                {remote: "10.0.0.1:99", forwarded: []string{"[[::2]]"}, want: "invalid IP"},
		"real IP":                          {remote: "10.0.0.1:99", real: []string{"203.0.113.9"}, want: "203.0.113.9"},
		"real IP and a port":               {remote: "10.0.0.1:99", real: []string{"203.0.113.9:4711"}, want: "203.0.113.9"},
		"real IPv6 and a port":             {remote: "10.0.0.1:99", real: []string{"[2001:db8::1]:4711"}, want: "2001:db8::1"},
		"real IP of nobody trusted":        {remote: "192.0.2.1:99", real: []string{"203.0.113.9"}, want: "192.0.2.1"},
		"real IP that is none":             {remote: "10.0.0.1:99", real: []string{"nonsense"}, want: "invalid IP"},
		"real IP twice":                    {remote: "10.0.0.1:99", real: []string{"203.0.113.9", "203.0.113.8"}, want: "invalid IP"},
		"real IP and an empty list":        {remote: "10.0.0.1:99", forwarded: []string{","}, real: []string{"203.0.113.9"}, want: "203.0.113.9"},
		"real IP and another":              {remote: "10.0.0.1:99", forwarded: []string{"203.0.113.8"}, real: []string{"203.0.113.9"}, want: "203.0.113.8"},
		"only proxies":                     {remote: "10.0.0.1:99", forwarded: []string{"10.0.0.3, 10.0.0.2"}, want: "10.0.0.3"},
		"the proxy for itself":             {remote: "10.0.0.1:99", forwarded: []string{"10.0.0.1"}, want: "10.0.0.1"},
		"a proxy that says nothing":        {remote: "10.0.0.1:99", want: "10.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			if c.forwarded != nil {
				h["X-Forwarded-For"] = c.forwarded
			}
			if c.real != nil {
				h["X-Real-Ip"] = c.real
			}
			require.Equal(t, c.want, verify.ClientAddr(verify.PeerAddr(c.remote), h, trusted).String())
		})
	}
	require.False(t, verify.PeerAddr("@").IsValid())
	require.False(t, verify.ClientAddr(netip.Addr{}, http.Header{"X-Forwarded-For": {"203.0.113.9"}}, trusted).IsValid())
}
