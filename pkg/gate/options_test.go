package gate

import (
	"net/netip"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

func TestNewReportsAllMistakesTogether(t *testing.T) {
	_, err := New(Options{
		Verifier:       &verify.Verifier{},
		Sources:        verify.Sources{Schemes: []string{"Bearer", "a b"}, Headers: []string{"X-Forwarded-For", "Kräf"}, Query: "key"},
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), {}, netip.MustParsePrefix("::ffff:10.0.0.0/104")},
		Endpoints: []Endpoint{
			{Name: "ok", Path: "/", Require: apikey.PermissionRead, Upstream: mustURL(t, "https://h:1/base")},
			{Name: "ok", Path: "/", Require: apikey.PermissionRead},
			{
				Name: "not ok", Path: "metrics/", Require: apikey.PermissionNone, Upstream: mustURL(t, "ftp://h"), Pool: "/", OrgID: -1, Query: "a=b",
				Schemes: []string{"basic"}, Headers: []string{"X-Ostiary-Key"}, BasicUntilFirstKey: &BasicAuth{Username: "a:b"},
			},
			{Name: "a", Path: "", Require: 99, Upstream: mustURL(t, "http://u:p@h/?q#f")},
			{Name: "b", Path: "/auth/x", Require: apikey.PermissionRead, Upstream: &url.URL{Scheme: "http"}},
			{Name: "c", Path: "/a%2e;", Require: apikey.PermissionRead},
			{Name: "d", Path: "/a/../b/", Require: apikey.PermissionRead},
		},
	})
	require.EqualError(t, err, `the gate's configuration is not valid:
  gate.schemes[0]: Bearer is always read; leave it out
  gate.schemes[1]: "a b" is not a scheme of Authorization; write a word such as StackState
  gate.headers[0]: X-Forwarded-For cannot hold a key; choose another header, such as X-API-Key
  gate.headers[1]: "Kräf" is not the name of a header; write one such as X-API-Key
  gate.query: keys in addresses are refused unless an endpoint allows them; set gate.endpoints[].query
  gate.trusted_proxies[1]: is not a block of addresses such as 10.0.0.0/8 or 2001:db8::/32
  gate.trusted_proxies[2]: is not a block of addresses such as 10.0.0.0/8 or 2001:db8::/32
  gate.endpoints[1].name: "ok" is the name of an earlier endpoint; names must differ
  gate.endpoints[2].name: "not ok" may hold only letters, digits and, after the first character, . _ -
  gate.endpoints[2].path: "metrics/" must be written "/metrics"
  gate.endpoints[2].require: is missing; use read, write, ingest or manage, or none for what anyone may see
  gate.endpoints[2].upstream: must be an address such as http://127.0.0.1:4040, with https for TLS and h2c for gRPC without TLS
  gate.endpoints[2].pool: "/" may hold only letters, digits and, after the first character, . _ -
  gate.endpoints[2].org: is negative; use the number of an organization, or 0 for any
  gate.endpoints[2].query: "a=b" may hold only letters, digits and, after the first character, . _ -
  gate.endpoints[2].schemes[0]: basic is always read; leave it out
  gate.endpoints[2].headers[0]: X-Ostiary-Key cannot hold a key; choose another header, such as X-API-Key
  gate.endpoints[2].basic_until_first_key.username: must be a name without a colon
  gate.endpoints[2].basic_until_first_key.password_file: must hold a password of at least 12 characters; shorter ones are soon guessed
  gate.endpoints[2].basic_until_first_key: cannot be used here: nothing says whether a key was issued
  gate.endpoints[3].path: is missing; use a path such as /metrics, or / for everything
  gate.endpoints[3].require: is missing; use read, write, ingest or manage, or none for what anyone may see
  gate.endpoints[3].upstream: may have no user, query or fragment; write scheme, host, port and, if need be, a path
  gate.endpoints[4].path: "/auth/x" is where the gate answers forward authentication; choose another path
  gate.endpoints[4].upstream: must be an address such as http://127.0.0.1:4040, with https for TLS and h2c for gRPC without TLS
  gate.endpoints[5].path: "/a%2e;" may not hold % ; ? # \ or control characters; write the path as it is after unescaping
  gate.endpoints[6].path: "/a/../b/" must be written "/b"
  gate.endpoints[1].path: "/" is a path of ok as well; paths must differ, or the methods`)
	var config *ConfigError
	require.ErrorAs(t, err, &config)
	require.Len(t, config.Mistakes, 28)
}

func TestNewNeedsAVerifier(t *testing.T) {
	_, err := New(Options{})
	require.ErrorContains(t, err, "Verifier")
}
