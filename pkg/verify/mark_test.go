package verify_test

import (
	"bytes"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// tampering are changes to a key's rows that an attacker with write access to the store can make.
func tampering() map[string]func(*apikey.Record) {
	planted := apikey.NewPepper().Digest("a token of their own")
	return map[string]func(*apikey.Record){
		"a role":            func(r *apikey.Record) { r.Role = apikey.RoleAdmin },
		"an organization":   func(r *apikey.Record) { r.OrgID = 2 },
		"a name":            func(r *apikey.Record) { r.Name = "root" },
		"a pool":            func(r *apikey.Record) { r.Pool = "edge" },
		"no endpoints":      func(r *apikey.Record) { r.Endpoints = nil },
		"other endpoints":   func(r *apikey.Record) { r.Endpoints = []string{"a", "c"} },
		"endpoints, joined": func(r *apikey.Record) { r.Endpoints = []string{"ab"} },
		"no addresses":      func(r *apikey.Record) { r.AllowedCIDRs = nil },
		"other addresses":   func(r *apikey.Record) { r.AllowedCIDRs = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/7")} },
		"no owner":          func(r *apikey.Record) { r.Owner = "" },
		"a label":           func(r *apikey.Record) { r.Labels = map[string]string{"team": "other"} },
		"a tenant more":     func(r *apikey.Record) { r.Tenants = []string{"a", "b"} },
		"any tenant":        func(r *apikey.Record) { r.Tenants = []string{apikey.AnyTenant} },
		"no limits":         func(r *apikey.Record) { r.Limits = apikey.Limits{} },
		"a higher limit":    func(r *apikey.Record) { r.Limits.RequestsPerSecond++ },
		"an earlier return": func(r *apikey.Record) { r.DisabledUntil = r.DisabledUntil.Add(-time.Millisecond) },
		"enabled":           func(r *apikey.Record) { r.Enabled = true },
		"not revoked":       func(r *apikey.Record) { r.Revoked = false },
		"no end":            func(r *apikey.Record) { r.ExpiresAt = time.Time{} },
		"a later end":       func(r *apikey.Record) { r.ExpiresAt = r.ExpiresAt.Add(time.Millisecond) },
		"a digest":          func(r *apikey.Record) { r.Tokens[0].Digest = planted },
		"a pepper":          func(r *apikey.Record) { r.Tokens[0].PepperID = "other" },
		"no end of a token": func(r *apikey.Record) { r.Tokens[0].ExpiresAt = time.Time{} },
		"a token not ended": func(r *apikey.Record) { r.Tokens[1].Revoked = false },
		"a slow hash": func(r *apikey.Record) {
			r.Tokens[0].Origin = &apikey.Origin{System: "abroad", Handle: "1", Hash: "slow mine"}
		},
		"a known token": func(r *apikey.Record) { r.Tokens[0].Origin = &apikey.Origin{System: "abroad", Handle: "1"} },
		"a token more": func(r *apikey.Record) {
			r.Tokens = append(r.Tokens, apikey.TokenRecord{ID: apikey.ID([]byte("aaaaaaaaaaaa")), Digest: planted})
		},
		"a token less":      func(r *apikey.Record) { r.Tokens = r.Tokens[:1] },
		"no token":          func(r *apikey.Record) { r.Tokens = nil },
		"tokens, exchanged": func(r *apikey.Record) { r.Tokens[0], r.Tokens[1] = r.Tokens[1], r.Tokens[0] },
		"digests, exchanged": func(r *apikey.Record) {
			r.Tokens[0].Digest, r.Tokens[1].Digest = r.Tokens[1].Digest, r.Tokens[0].Digest
		},
		"another key's id":    func(r *apikey.Record) { r.ID = apikey.ID([]byte("aaaaaaaaaaaa")) },
		"another token's id":  func(r *apikey.Record) { r.Tokens[0].ID = apikey.ID([]byte("aaaaaaaaaaaa")) },
		"a sum":               func(r *apikey.Record) { r.Mark.Sum[0] ^= 1 },
		"no mark":             func(r *apikey.Record) { r.Mark = apikey.Mark{} },
		"a mark without name": func(r *apikey.Record) { r.Mark.PepperID = "" },
	}
}

// After any change to a key's rows its mark is wrong, and it is denied like an unknown token. That is reported once,
// and counted until it is put right.
func TestAForgedKeyIsDenied(t *testing.T) {
	for name, tamper := range tampering() {
		for _, loaded := range []bool{false, true} { // or it comes as a change
			t.Run(name, func(t *testing.T) {
				f := newMemoryFeed()
				first, rec := key(func(r *apikey.Record) {
					r.Endpoints, r.AllowedCIDRs = []string{"a", "b"}, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
					r.Enabled, r.Revoked, r.ExpiresAt = false, true, time.Now().Add(time.Hour)
					r.DisabledUntil = time.Now().Add(time.Minute)
					r.Owner, r.Labels, r.Tenants = "grace", map[string]string{"team": "sre"}, []string{"a"}
					r.Limits = apikey.Limits{RequestsPerSecond: 1}
				})
				second, id := apikey.NewToken()
				rec.Tokens[0].ExpiresAt = time.Now().Add(time.Minute)
				rec.Tokens = append(rec.Tokens, apikey.TokenRecord{ID: id, Digest: pepper.Digest(second), PepperID: pepper.ID(), Revoked: true})
				good, other := key(nil)
				f.put(rec)
				f.put(other)
				var log bytes.Buffer
				a := &abroad{feed: f}
				r := verify.NewReplica(f, peppers(t), verify.ReplicaOptions{Foreign: a.foreign(), Logger: slog.New(slog.NewTextHandler(&log, nil))})
				v := verify.New(r)
				code := func(token string) apikey.Code { return v.Verify(verify.Question{Token: token}).Code }
				if !loaded {
					require.NoError(t, r.Load(t.Context()))
					require.Equal(t, []apikey.Code{apikey.CodeRevoked, apikey.CodeRevoked}, []apikey.Code{code(first), code(second)})
				}
				genuine := f.records[rec.ID]
				forged := genuine
				forged.Tokens = append([]apikey.TokenRecord(nil), genuine.Tokens...)
				tamper(&forged)
				if forged.ID != rec.ID {
					f.remove(rec.ID)
				}
				f.plant(forged)
				if loaded {
					require.NoError(t, r.Load(t.Context()))
				}
				for range 2 {
					require.NoError(t, r.Sync(t.Context()))
				}
				for _, token := range []string{first, second, "a token of their own", "abroad 1 mine"} {
					require.Equal(t, apikey.CodeInvalidToken, code(token))
				}
				require.Zero(t, a.checks.Load(), "not even its slow hash is looked at")
				require.Equal(t, apikey.CodeValid, code(good))
				require.Equal(t, []int{1, 1}, []int{r.Forged(), r.Len()})
				require.Equal(t, 1, strings.Count(log.String(), "is not as Ostiary wrote it"), log.String())
				require.Contains(t, log.String(), forged.ID.String())

				list, err := apikey.Distrust(t.Context(), f, peppers(t))
				require.NoError(t, err)
				require.Equal(t, []apikey.Distrusted{{OrgID: forged.OrgID, ID: forged.ID, Trust: apikey.Forged}}, list)

				f.remove(forged.ID)
				f.plant(genuine)
				require.NoError(t, r.Sync(t.Context()))
				require.Equal(t, apikey.CodeRevoked, code(first), "it is as it was")
				require.Zero(t, r.Forged())
			})
		}
	}
}

// A mark that was made with a pepper which is not here can be neither trusted
// nor called wrong: another server may have begun to use it.
func TestAMarkOfAnUnknownPepperDecidesNothing(t *testing.T) {
	f := newMemoryFeed()
	token, rec := key(nil)
	rec.Mark = marking.Mark(&rec)
	rec.Mark.PepperID = "elsewhere"
	f.plant(rec)
	v, r := loaded(t, f, verify.ReplicaOptions{})
	require.Equal(t, apikey.CodeUnavailable, v.Verify(verify.Question{Token: token}).Code)
	require.Zero(t, r.Forged())
}

// Marks go on to prove something under an older pepper.
func TestMarksOfOlderPeppers(t *testing.T) {
	f := newMemoryFeed()
	token, rec := key(nil)
	f.put(rec)
	both, err := apikey.NewPeppers(pepper, apikey.NewPepper())
	require.NoError(t, err)
	r := verify.NewReplica(f, both, verify.ReplicaOptions{})
	require.NoError(t, r.Load(t.Context()))
	require.Equal(t, apikey.CodeValid, verify.New(r).Verify(verify.Question{Token: token}).Code)
}

// A row that somebody put back as it once was has a good mark. It is denied when the trail knows better, whether it
// comes as a change or is there at the start, until it is as it should be.
func TestAKeyThatWasPutBackIsDenied(t *testing.T) {
	for _, atStart := range []bool{true, false} {
		f := newMemoryFeed()
		token, rec := key(nil)
		stays, other := key(nil)
		f.put(other)
		f.put(rec)
		r := verify.NewReplica(f, peppers(t), verify.ReplicaOptions{})
		v := verify.New(r)
		code := func(token string) apikey.Code { return v.Verify(verify.Question{Token: token}).Code }
		putBack := func() { f.set(func() { f.outdated = []string{rec.ID.String()} }) }
		if atStart {
			putBack()
		}
		require.NoError(t, r.Load(t.Context()))
		if !atStart {
			require.Equal(t, apikey.CodeValid, code(token))
			f.put(rec)
			putBack()
			require.NoError(t, r.Sync(t.Context()))
		}
		require.Equal(t, apikey.CodeInvalidToken, code(token))
		require.Equal(t, apikey.CodeValid, code(stays))
		require.Equal(t, 1, r.Forged())
		list, err := apikey.Distrust(t.Context(), f, peppers(t))
		require.NoError(t, err)
		require.Equal(t, []apikey.Distrusted{{OrgID: 1, ID: rec.ID, Trust: apikey.Forged}}, list)

		f.set(func() { f.outdated = nil })
		f.put(rec)
		require.NoError(t, r.Sync(t.Context()))
		require.Equal(t, apikey.CodeValid, code(token))
		require.Zero(t, r.Forged())
	}
}
