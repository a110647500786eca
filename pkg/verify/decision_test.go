package verify_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// lenient asks with an hour of lenience for keys that have expired.
func lenient(p apikey.Permission) verify.Question {
	return verify.Question{Permission: p, Lenience: time.Hour}
}

func TestDecisions(t *testing.T) {
	past, soon := time.Now().Add(-time.Millisecond), time.Now().Add(time.Hour)
	inside, outside := netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("192.0.2.1")
	ten := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for name, c := range map[string]struct {
		record func(*apikey.Record)
		ask    verify.Question
		want   apikey.Code
		says   string // what the reason must name
	}{
		"good":                                   {want: apikey.CodeValid, ask: verify.Question{Permission: apikey.PermissionRead}},
		"good, nothing in particular":            {want: apikey.CodeValid},
		"not yet expired":                        {record: func(r *apikey.Record) { r.ExpiresAt = soon }, want: apikey.CodeValid},
		"expired":                                {record: func(r *apikey.Record) { r.ExpiresAt = past }, want: apikey.CodeExpired},
		"disabled":                               {record: func(r *apikey.Record) { r.Enabled = false }, want: apikey.CodeDisabled},
		"disabled for a while":                   {record: func(r *apikey.Record) { r.Enabled, r.DisabledUntil = false, soon }, want: apikey.CodeDisabled},
		"disabled for a while that is over":      {record: func(r *apikey.Record) { r.Enabled, r.DisabledUntil = false, past }, want: apikey.CodeValid},
		"enabled, and had been for a while":      {record: func(r *apikey.Record) { r.Enabled, r.DisabledUntil = true, soon }, want: apikey.CodeValid},
		"disabled and expired":                   {record: func(r *apikey.Record) { r.Enabled, r.ExpiresAt = false, past }, want: apikey.CodeExpired},
		"expired, within the lenience":           {record: func(r *apikey.Record) { r.ExpiresAt = past }, ask: lenient(apikey.PermissionRead), want: apikey.CodeGrace},
		"expired before the lenience":            {record: func(r *apikey.Record) { r.ExpiresAt = past.Add(-time.Hour) }, ask: lenient(apikey.PermissionRead), want: apikey.CodeExpired},
		"expired, and the role does not do":      {record: func(r *apikey.Record) { r.ExpiresAt = past }, ask: lenient(apikey.PermissionIngest), want: apikey.CodeForbidden},
		"expired, and another endpoint":          {record: func(r *apikey.Record) { r.ExpiresAt, r.Endpoints = past, []string{"b"} }, ask: lenient(apikey.PermissionRead), want: apikey.CodeForbidden},
		"expired and disabled, with lenience":    {record: func(r *apikey.Record) { r.ExpiresAt, r.Enabled = past, false }, ask: lenient(apikey.PermissionRead), want: apikey.CodeDisabled},
		"expired and revoked, with lenience":     {record: func(r *apikey.Record) { r.ExpiresAt, r.Revoked = past, true }, ask: lenient(apikey.PermissionRead), want: apikey.CodeRevoked},
		"its overlap has ended, with lenience":   {record: func(r *apikey.Record) { r.Tokens[0].ExpiresAt = past }, ask: lenient(apikey.PermissionRead), want: apikey.CodeGrace},
		"replaced without an overlap":            {record: func(r *apikey.Record) { r.Tokens[0].ExpiresAt, r.Tokens[0].Revoked = past, true }, ask: lenient(apikey.PermissionRead), want: apikey.CodeExpired, says: "was replaced"},
		"its overlap has ended":                  {record: func(r *apikey.Record) { r.Tokens[0].ExpiresAt, r.ExpiresAt = past, soon }, want: apikey.CodeExpired, says: "was replaced"},
		"its overlap has ended with its key":     {record: func(r *apikey.Record) { r.Tokens[0].ExpiresAt, r.ExpiresAt = past, past }, want: apikey.CodeExpired, says: "has expired"},
		"ended by hand before its overlap ends":  {record: func(r *apikey.Record) { r.Tokens[0].ExpiresAt, r.Tokens[0].Revoked = soon, true }, ask: lenient(apikey.PermissionRead), want: apikey.CodeRevoked},
		"revoked":                                {record: func(r *apikey.Record) { r.Revoked = true }, want: apikey.CodeRevoked},
		"revoked, disabled and expired":          {record: func(r *apikey.Record) { r.Revoked, r.Enabled, r.ExpiresAt = true, false, past }, want: apikey.CodeRevoked},
		"the role does not do":                   {ask: verify.Question{Permission: apikey.PermissionIngest}, want: apikey.CodeForbidden, says: "Viewer, which does not grant ingest; use one with Admin or Agent."},
		"the role does":                          {record: func(r *apikey.Record) { r.Role = apikey.RoleAgent }, ask: verify.Question{Permission: apikey.PermissionIngest}, want: apikey.CodeValid},
		"its endpoint":                           {record: func(r *apikey.Record) { r.Endpoints = []string{"a", "b"} }, ask: verify.Question{Endpoint: "b"}, want: apikey.CodeValid},
		"another endpoint":                       {record: func(r *apikey.Record) { r.Endpoints = []string{"a", "b"} }, ask: verify.Question{Endpoint: "c"}, want: apikey.CodeForbidden, says: `than "c"`},
		"limited, and no endpoint named":         {record: func(r *apikey.Record) { r.Endpoints = []string{"a"} }, want: apikey.CodeForbidden},
		"any endpoint":                           {ask: verify.Question{Endpoint: "c"}, want: apikey.CodeValid},
		"its address":                            {record: func(r *apikey.Record) { r.AllowedCIDRs = ten }, ask: verify.Question{Addr: inside}, want: apikey.CodeValid},
		"its address, mapped":                    {record: func(r *apikey.Record) { r.AllowedCIDRs = ten }, ask: verify.Question{Addr: netip.AddrFrom16(inside.As16())}, want: apikey.CodeValid},
		"another address":                        {record: func(r *apikey.Record) { r.AllowedCIDRs = ten }, ask: verify.Question{Addr: outside}, want: apikey.CodeForbidden, says: "address 192.0.2.1."},
		"limited, and the address is not known":  {record: func(r *apikey.Record) { r.AllowedCIDRs = ten }, want: apikey.CodeForbidden},
		"its pool":                               {record: func(r *apikey.Record) { r.Pool = "edge" }, ask: verify.Question{Pool: "edge"}, want: apikey.CodeValid},
		"another pool":                           {record: func(r *apikey.Record) { r.Pool = "edge" }, ask: verify.Question{Pool: "core"}, want: apikey.CodeForbidden},
		"no pool where one is asked for":         {ask: verify.Question{Pool: "core"}, want: apikey.CodeForbidden},
		"its organization":                       {ask: verify.Question{OrgID: 1}, want: apikey.CodeValid},
		"another organization":                   {ask: verify.Question{OrgID: 2}, want: apikey.CodeInvalidToken},
		"a pepper that is not here":              {record: func(r *apikey.Record) { r.Tokens[0].PepperID = "elsewhere" }, want: apikey.CodeUnavailable},
		"a wrong secret":                         {record: func(r *apikey.Record) { r.Tokens[0].Digest[31] ^= 1 }, want: apikey.CodeInvalidToken},
		"a wrong secret of a revoked, other org": {record: func(r *apikey.Record) { r.Tokens[0].Digest[0] ^= 1; r.Revoked = true }, ask: verify.Question{OrgID: 2}, want: apikey.CodeInvalidToken},
	} {
		t.Run(name, func(t *testing.T) {
			f := newMemoryFeed()
			token, rec := key(c.record)
			f.put(rec)
			v, _ := loaded(t, f, verify.ReplicaOptions{})
			c.ask.Token = token
			d := v.Verify(c.ask)
			require.Equal(t, c.want, d.Code, d.Reason)
			require.Equal(t, c.want == apikey.CodeValid || c.want == apikey.CodeGrace, d.Valid())
			require.Equal(t, d.Valid(), d.Reason == "", "every refusal has a reason")
			require.Contains(t, d.Reason, c.says)
			require.NotContains(t, d.Reason, token)
			proved := c.want != apikey.CodeInvalidToken && c.want != apikey.CodeUnavailable
			require.Equal(t, proved, d.Key != nil, "a key is named only after possession is proved")
			if proved {
				require.Equal(t, rec.ID, d.Key.ID)
			}
		})
	}
}

// A key that is disabled for a while is let in again when it is over, without anybody doing anything.
func TestAKeyComesBackByItself(t *testing.T) {
	f := newMemoryFeed()
	start := time.Now().Truncate(time.Millisecond)
	token, rec := key(func(r *apikey.Record) { r.Enabled, r.DisabledUntil = false, start.Add(time.Minute) })
	f.put(rec)
	v, r := loaded(t, f, verify.ReplicaOptions{})
	code := func(at time.Time) apikey.Code { return v.Verify(verify.Question{Token: token, At: at}).Code }
	require.Equal(t, apikey.CodeDisabled, code(start))
	require.Equal(t, apikey.CodeDisabled, code(start.Add(time.Minute-time.Millisecond)))
	require.Equal(t, apikey.CodeValid, code(start.Add(time.Minute)))
	require.Equal(t, 1, r.Stats().Keys[apikey.StateDisabled])
}

func TestWhatIsNoKeyIsOneAndTheSame(t *testing.T) {
	f := newMemoryFeed()
	known, rec := key(nil)
	f.put(rec)
	v, _ := loaded(t, f, verify.ReplicaOptions{})
	unknown, _ := apikey.NewToken()
	forged := apikey.TokenPrefix + known[4:17] + unknown[17:]
	want := v.Verify(verify.Question{Token: unknown})
	require.Equal(t, apikey.CodeInvalidToken, want.Code)
	for _, token := range []string{forged, "x", known + "x", strings.ToLower(known), known[:40], "ost_" + strings.Repeat("\x00", 62)} {
		require.Equal(t, want, v.Verify(verify.Question{Token: token}), "%q", token)
	}
	require.Equal(t, apikey.CodeMissing, v.Verify(verify.Question{}).Code)
}
