package apikey

import (
	"context"
	"fmt"
	"net/netip"
	"time"
	"unicode/utf8"
)

// MaxWhereLength is how many characters may say where a token was found.
const MaxWhereLength = 1024

// Leak is the report that a token was found where it does not belong. Who
// makes it has shown that he holds the token, which is enough to end it.
type Leak struct {
	OrgID          int64
	KeyID, TokenID string
	Where          string     // an address, or words, as CheckWhere returns them
	Reporter       string     // who the trail names
	From           netip.Addr // where the report came from, if known
}

// CheckWhere returns how a text that says where a token was found is kept,
// without the tokens in it, or what is wrong with it.
func CheckWhere(s string) (string, error) {
	s = Redact(Normal(s))
	if n := utf8.RuneCountInString(s); n > MaxWhereLength {
		return "", fmt.Errorf("has %d characters; at most %d are allowed", n, MaxWhereLength)
	}
	return s, checkText(s, false)
}

// EndLeaked ends what a token that was found opens, and returns the key as it
// is then: the key is revoked, or, if found tokens work on for a while, the
// token expires after that, so that its owner can rotate the key in time. A
// token that opens nothing any more changes nothing.
//
// Nobody is asked who else could manage keys: a token in the open is not one
// person's any more.
func (s *Service) EndLeaked(ctx context.Context, l Leak) (*Key, error) {
	ctx = WithCaller(ctx, Caller{OrgID: l.OrgID, Login: l.Reporter, Role: RoleAdmin, Addr: l.From})
	return s.change(ctx, l.KeyID, true, func(_ Caller, k *Key, now time.Time) (Action, AuditData, error) {
		data := AuditData{TokenID: l.TokenID, Where: l.Where}
		t := k.Token(l.TokenID)
		switch {
		case t == nil:
			return "", AuditData{}, Errorf(CodeNotFound, "The key has no such token any more.")
		case !k.RevokedAt.IsZero() || t.isOver(now):
			return "", AuditData{}, nil
		case s.opts.LeakedFor == 0:
			k.RevokedAt = now
			return ActionLeak, data, nil
		}
		end := now.Add(s.opts.LeakedFor)
		if !earlier(end, t.ExpiresAt) {
			return "", AuditData{}, nil
		}
		data.Changes = []FieldChange{{Field: "expiresAt", From: timeValue(t.ExpiresAt), To: timeValue(end)}}
		t.ExpiresAt = end
		return ActionLeak, data, nil
	})
}
