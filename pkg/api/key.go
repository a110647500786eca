package api

import (
	"maps"
	"net/netip"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Key is an API key without its token.
type Key struct {
	ID           string            `json:"id"`
	Number       int64             `json:"number"`
	OrgID        int64             `json:"orgId"`
	Name         string            `json:"name"`
	Description  string            `json:"description"`
	Owner        string            `json:"owner"` // who answers for it; may be empty
	Labels       map[string]string `json:"labels"`
	Role         apikey.Role       `json:"role"`
	Pool         string            `json:"pool"`
	Endpoints    []string          `json:"endpoints"`    // empty = all
	AllowedCIDRs []string          `json:"allowedCidrs"` // empty = all
	Tenants      []string          `json:"tenants"`      // empty = none; apikey.AnyTenant = any
	Limits       apikey.Limits     `json:"limits"`

	// LimitsUsed says how much of its limits is used, by their names: 0 is nothing, 1 is all. Answers about one key
	// alone have it, if it was used lately.
	LimitsUsed map[string]float64 `json:"limitsUsed,omitempty"`

	State   apikey.State `json:"state"`   // at the time of the answer
	Enabled bool         `json:"enabled"` // likewise
	// when it is enabled again by itself; null = it is, or is not by itself
	DisabledUntil *time.Time `json:"disabledUntil"`
	CreatedAt     time.Time  `json:"createdAt"`
	CreatedBy     string     `json:"createdBy"`
	ExpiresAt     *time.Time `json:"expiresAt"`  // null = never
	RevokedAt     *time.Time `json:"revokedAt"`  // null = not revoked
	LastUsedAt    *time.Time `json:"lastUsedAt"` // null = never
	LastUsedFrom  string     `json:"lastUsedFrom"`
	LastHeldAt    *time.Time `json:"lastHeldAt,omitempty"`  // after its end; left out = never
	LastGraceAt   *time.Time `json:"lastGraceAt,omitempty"` // let in after its end; left out = never
	UseCount      int64      `json:"useCount"`
	Hint          string     `json:"hint"` // of the newest token
	// that the caller may take now: edit, rotate, enable, disable, revoke, delete
	Actions []string `json:"actions"`
	Tokens  []Token  `json:"tokens"` // the oldest first
}

// Token is a token of a key, without the token itself.
type Token struct {
	ID         string       `json:"id"`
	Hint       string       `json:"hint"`
	State      apikey.State `json:"state"` // at the time of the answer
	CreatedAt  time.Time    `json:"createdAt"`
	CreatedBy  string       `json:"createdBy"`
	ExpiresAt  *time.Time   `json:"expiresAt"`  // by itself or with its key; null = never
	EndedAt    *time.Time   `json:"endedAt"`    // when somebody ended it alone; null = nobody did
	LastUsedAt *time.Time   `json:"lastUsedAt"` // null = never
	UseCount   int64        `json:"useCount"`
}

// KeyList is a page of keys.
type KeyList struct {
	Keys       []Key  `json:"keys"`
	NextCursor string `json:"nextCursor"`      // empty on the last page
	Total      *int64 `json:"total,omitempty"` // of all pages, if it was asked for
}

// IssuedKey is a key with its newest token, which is never shown again.
type IssuedKey struct {
	Key   Key    `json:"key"`
	Token string `json:"token"`
}

// FromKey describes a key as it is at now, to one who may manage it.
func FromKey(k *apikey.Key, now time.Time) Key {
	return Key{
		ID: k.ID, Number: k.Number, OrgID: k.OrgID, Name: k.Name, Description: k.Description,
		Owner: k.Owner, Labels: labels(k),
		Role: k.Role, Pool: k.Pool, Endpoints: append([]string{}, k.Endpoints...), AllowedCIDRs: cidrs(k.AllowedCIDRs),
		Tenants: append([]string{}, k.Tenants...), Limits: k.Limits,
		State: k.State(now), Enabled: k.EnabledAt(now), DisabledUntil: disabledUntil(k, now),
		CreatedAt: wireTime(k.CreatedAt), CreatedBy: k.CreatedBy,
		ExpiresAt: moment(k.ExpiresAt), RevokedAt: moment(k.RevokedAt),
		LastUsedAt: moment(k.Usage.LastAt), LastUsedFrom: k.Usage.LastFrom, UseCount: k.Usage.Count,
		LastHeldAt: moment(k.Usage.HeldAt), LastGraceAt: moment(k.Usage.GraceAt),
		Hint: hint(k), Actions: k.May(now), Tokens: tokens(k, now),
	}
}

// labels are those of a key, never nil.
func labels(k *apikey.Key) map[string]string {
	if k.Labels == nil {
		return map[string]string{}
	}
	return maps.Clone(k.Labels)
}

// disabledUntil is when a key that is disabled at now comes back by itself.
func disabledUntil(k *apikey.Key, now time.Time) *time.Time {
	if k.EnabledAt(now) {
		return nil
	}
	return moment(k.DisabledUntil)
}

// hint is that of a key's newest token. A key has one unless somebody took it
// from the store.
func hint(k *apikey.Key) string {
	if len(k.Tokens) == 0 {
		return ""
	}
	return k.Newest().Hint
}

func tokens(k *apikey.Key, now time.Time) []Token {
	out := make([]Token, len(k.Tokens))
	for i := range k.Tokens {
		t := &k.Tokens[i]
		out[i] = Token{
			ID: t.ID, Hint: t.Hint, State: k.TokenState(t, now),
			CreatedAt: wireTime(t.CreatedAt), CreatedBy: t.CreatedBy,
			ExpiresAt: moment(k.TokenEndsAt(t)), EndedAt: moment(t.EndedAt()),
			LastUsedAt: moment(t.Usage.LastAt), UseCount: t.Usage.Count,
		}
	}
	return out
}

// FromKeys describes a page of keys as they are at now.
func FromKeys(keys []*apikey.Key, now time.Time) []Key {
	out := make([]Key, len(keys))
	for i, k := range keys {
		out[i] = FromKey(k, now)
	}
	return out
}

// FromIssued describes a new key, token and all.
func FromIssued(issued *apikey.Issued, now time.Time) IssuedKey {
	return IssuedKey{Key: FromKey(issued.Key, now), Token: issued.Token}
}

func cidrs(list []netip.Prefix) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = p.String()
	}
	return out
}

// moment is nil for the zero time, which the wire writes as null.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = wireTime(t)
	return &t
}

// wireTime returns a time that JSON can write.
func wireTime(t time.Time) time.Time {
	switch t = t.UTC(); {
	case t.After(apikey.LatestTime):
		return apikey.LatestTime
	case t.Year() < 0:
		return time.Time{}
	}
	return t
}
