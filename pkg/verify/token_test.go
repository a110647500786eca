package verify_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// modelKey is a key with its tokens as a test knows it.
type modelKey struct {
	rec     apikey.Record
	secrets map[apikey.ID]string
}

func (k *modelKey) rotate(end time.Time) {
	for i := range k.rec.Tokens {
		if t := &k.rec.Tokens[i]; !t.Revoked && (t.ExpiresAt.IsZero() || end.Before(t.ExpiresAt)) {
			t.ExpiresAt = end
		}
	}
	k.add()
}

func (k *modelKey) add() {
	secret, id := apikey.NewToken()
	if len(k.rec.Tokens) == 0 {
		k.rec.ID = id
	}
	k.rec.Tokens = append(k.rec.Tokens, apikey.TokenRecord{ID: id, Digest: pepper.Digest(secret), PepperID: pepper.ID()})
	k.secrets[id] = secret
}

// want is the code that a token should get.
func (k *modelKey) want(id apikey.ID, now time.Time, lenience time.Duration) apikey.Code {
	i := slices.IndexFunc(k.rec.Tokens, func(t apikey.TokenRecord) bool { return t.ID == id })
	if i < 0 {
		return apikey.CodeInvalidToken
	}
	over := func(end time.Time) bool { return !end.IsZero() && !now.Before(end) }
	switch t := k.rec.Tokens[i]; {
	case k.rec.Revoked || t.Revoked && t.ExpiresAt.IsZero():
		return apikey.CodeRevoked
	case t.Revoked: // replaced without an overlap
		return apikey.CodeExpired
	case over(k.rec.ExpiresAt.Add(lenience)) && !k.rec.ExpiresAt.IsZero() || over(t.ExpiresAt.Add(lenience)) && !t.ExpiresAt.IsZero():
		return apikey.CodeExpired
	case !k.rec.Enabled:
		return apikey.CodeDisabled
	case k.rec.Role != apikey.RoleViewer:
		return apikey.CodeForbidden
	case over(k.rec.ExpiresAt) || over(t.ExpiresAt):
		return apikey.CodeGrace
	}
	return apikey.CodeValid
}

// A token that ended alone is told apart from a key that was revoked.
func TestReasonOfAnEndedToken(t *testing.T) {
	f := newMemoryFeed()
	v, replica := loaded(t, f, verify.ReplicaOptions{})
	k := &modelKey{secrets: map[apikey.ID]string{}, rec: apikey.Record{OrgID: 1, Name: "k", Role: apikey.RoleViewer, Enabled: true}}
	k.add()
	k.add()
	first := k.rec.Tokens[0].ID
	ask := func() verify.Decision {
		rec := k.rec
		rec.Tokens = slices.Clone(rec.Tokens)
		f.put(rec)
		require.NoError(t, replica.Sync(t.Context()))
		return v.Verify(verify.Question{Token: k.secrets[first]})
	}
	k.rec.Tokens[0].Revoked = true
	d := ask()
	require.Equal(t, apikey.CodeRevoked, d.Code)
	require.Equal(t, "This token of the API key was ended. Use the key's newest token, or ask for it.", d.Reason)
	k.rec.Revoked = true
	d = ask()
	require.Equal(t, apikey.CodeRevoked, d.Code)
	require.Equal(t, "The API key was revoked. Ask for a new one.", d.Reason)
}

// Every token that ever was gets the code that its key and its own end call for, however keys are rotated, narrowed and
// ended, and whether a replica followed or loads them all. Keys are counted, not tokens.
func TestTokensFollowTheirKeys(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		f := newMemoryFeed()
		v, replica := loaded(t, f, verify.ReplicaOptions{})
		now := time.Now()
		keys := map[apikey.ID]*modelKey{}
		gone := map[apikey.ID]string{}
		for range rapid.IntRange(1, 30).Draw(r, "steps") {
			ids := slices.SortedFunc(maps.Keys(keys), func(a, b apikey.ID) int { return slices.Compare(a[:], b[:]) })
			if len(ids) == 0 || rapid.IntRange(0, 5).Draw(r, "new") == 0 {
				k := &modelKey{secrets: map[apikey.ID]string{}, rec: apikey.Record{OrgID: 1, Name: "k", Role: apikey.RoleViewer, Enabled: true}}
				k.add()
				keys[k.rec.ID] = k
				f.put(k.rec)
				continue
			}
			k := keys[rapid.SampledFrom(ids).Draw(r, "key")]
			k.rec.Tokens = slices.Clone(k.rec.Tokens) // the feed has the others
			token := &k.rec.Tokens[rapid.IntRange(0, len(k.rec.Tokens)-1).Draw(r, "token")]
			switch rapid.SampledFrom([]string{"rotate", "rotate", "end", "cut", "forget", "revoke", "switch", "demote", "expire", "limit", "delete"}).Draw(r, "act") {
			case "rotate":
				k.rotate(now.Add(time.Duration(rapid.IntRange(-1, 1).Draw(r, "overlap")) * time.Hour))
			case "end":
				token.Revoked, token.ExpiresAt = true, time.Time{}
			case "cut":
				token.Revoked, token.ExpiresAt = true, now.Add(-time.Second)
			case "forget":
				if len(k.rec.Tokens) > 1 {
					k.rec.Tokens = slices.DeleteFunc(k.rec.Tokens, func(t apikey.TokenRecord) bool { return t.ID == token.ID })
				}
			case "revoke":
				k.rec.Revoked = true
			case "switch":
				k.rec.Enabled = !k.rec.Enabled
			case "demote":
				k.rec.Role = rapid.SampledFrom([]apikey.Role{apikey.RoleViewer, apikey.RoleAgent}).Draw(r, "role")
			case "expire":
				k.rec.ExpiresAt = rapid.SampledFrom([]time.Time{{}, now.Add(-time.Second), now.Add(time.Hour)}).Draw(r, "end")
			case "limit":
				k.rec.Endpoints = rapid.SampledFrom([][]string{nil, {"a"}}).Draw(r, "endpoints")
			case "delete":
				f.remove(k.rec.ID)
				delete(keys, k.rec.ID)
				maps.Copy(gone, k.secrets)
				continue
			}
			f.put(k.rec)
			if rapid.Bool().Draw(r, "sync") {
				require.NoError(t, replica.Sync(t.Context()))
			}
		}
		require.NoError(t, replica.Sync(t.Context()))
		fresh, reloaded := loaded(t, f, verify.ReplicaOptions{})
		for _, pair := range []struct {
			*verify.Verifier
			*verify.Replica
		}{{v, replica}, {fresh, reloaded}} {
			ask := func(token string, lenience time.Duration) verify.Decision {
				return pair.Verify(verify.Question{Token: token, Permission: apikey.PermissionRead, Endpoint: "a", At: now, Lenience: lenience})
			}
			for _, k := range keys {
				for id, secret := range k.secrets {
					lenience := rapid.SampledFrom([]time.Duration{0, time.Minute, 2 * time.Hour}).Draw(r, "lenience")
					d := ask(secret, lenience)
					require.Equal(t, k.want(id, now, lenience), d.Code, d.Reason)
					require.Equal(t, d.Code == apikey.CodeGrace, !d.Ended.IsZero())
					if d.Key != nil {
						require.Equal(t, []apikey.ID{k.rec.ID, id}, []apikey.ID{d.Key.ID, d.Token})
					}
				}
			}
			for _, secret := range gone {
				require.Equal(t, apikey.CodeInvalidToken, ask(secret, time.Hour).Code)
			}
			counted := 0
			for _, n := range pair.Stats().Keys {
				counted += n
			}
			require.Equal(t, []int{len(keys), len(keys)}, []int{pair.Len(), counted})
		}
	})
}
