package apikey

import (
	"slices"
	"time"
)

// Limits on the tokens of a key.
const (
	MaxLiveTokens = 16 // that still open something
	maxOverTokens = 8  // that do not any more and are still listed, the first token not counted
)

// Token is one of the tokens of a key: all that is known of it but the token
// itself.
type Token struct {
	ID        string // the part of the token that is public
	Hint      string // what may be shown of it
	CreatedAt time.Time
	CreatedBy string
	ExpiresAt time.Time // its own end, which a rotation gives; zero = that of its key
	RevokedAt time.Time // when it was ended alone, or ExpiresAt if its end is final; zero = neither
	Digest    Digest
	PepperID  string
	Origin    *Origin // nil for tokens that were made here
	Usage     TokenUsage
}

// TokenUsage is when and how often a token was used. It lags as Usage does.
type TokenUsage struct {
	Count  int64
	LastAt time.Time // zero = never used
}

// TokenEndsAt is when one of the key's tokens ends by itself: by its own end or
// with its key; zero = never.
func (k *Key) TokenEndsAt(t *Token) time.Time {
	if t.ExpiresAt.IsZero() || !k.ExpiresAt.IsZero() && k.ExpiresAt.Before(t.ExpiresAt) {
		return k.ExpiresAt
	}
	return t.ExpiresAt
}

// EndsAt is when the last of the key's tokens ends by itself, which is when the
// key expires at the latest; zero = never.
func (k *Key) EndsAt() time.Time {
	var last time.Time
	for i := range k.Tokens {
		if t := &k.Tokens[i]; t.RevokedAt.IsZero() {
			end := k.TokenEndsAt(t)
			if end.IsZero() {
				return end
			}
			if end.After(last) {
				last = end
			}
		}
	}
	if last.IsZero() { // none is left
		return k.ExpiresAt
	}
	return last
}

// TokenState derives the state of one of the key's tokens at a moment.
func (k *Key) TokenState(t *Token, now time.Time) State {
	switch {
	case !k.RevokedAt.IsZero() || !t.RevokedAt.IsZero() && !t.isCut():
		return StateRevoked
	case past(k.TokenEndsAt(t), now):
		return StateExpired
	case !k.EnabledAt(now):
		return StateDisabled
	}
	return StateActive
}

// isOver reports whether a token has ended by itself, so that nothing that happens to its key can make it work again.
func (t *Token) isOver(now time.Time) bool { return !t.RevokedAt.IsZero() || past(t.ExpiresAt, now) }

// isCut reports whether somebody replaced the token without an overlap. It has expired, for good: no endpoint that is
// lenient with expired keys lets it in. A token that was ended alone has no end of its own.
func (t *Token) isCut() bool { return !t.RevokedAt.IsZero() && t.RevokedAt.Equal(t.ExpiresAt) }

// EndedAt is when somebody ended the token alone; zero = nobody did.
func (t *Token) EndedAt() time.Time {
	if t.isCut() {
		return time.Time{}
	}
	return t.RevokedAt
}

// live counts the tokens that open something, or would if the key did.
func (k *Key) live(now time.Time) (n int) {
	for i := range k.Tokens {
		if !k.Tokens[i].isOver(now) {
			n++
		}
	}
	return n
}

// Newest is the token that was added last.
func (k *Key) Newest() *Token { return &k.Tokens[len(k.Tokens)-1] }

// Token returns the key's token with an id, or nil.
func (k *Key) Token(id string) *Token {
	i := slices.IndexFunc(k.Tokens, func(t Token) bool { return t.ID == id })
	if i < 0 {
		return nil
	}
	return &k.Tokens[i]
}

// replaceTokens gives all tokens an end, unless they have an earlier one, and
// adds another. Without an overlap the end is final. Of those that were over before, only some stay listed.
func (k *Key) replaceTokens(t Token, overlap time.Duration, now time.Time) {
	end := now.Add(overlap)
	if past(k.ExpiresAt, end) {
		end = k.ExpiresAt
	}
	over := 0
	for _, old := range k.Tokens[1:] {
		if old.isOver(now) {
			over++
		}
	}
	first := true
	k.Tokens = slices.DeleteFunc(k.Tokens, func(old Token) bool {
		if first { // whose id is the key's
			first = false
			return false
		}
		if !old.isOver(now) {
			return false
		}
		over--
		return over >= maxOverTokens
	})
	for i := range k.Tokens {
		old := &k.Tokens[i]
		if !old.RevokedAt.IsZero() {
			continue
		}
		if old.ExpiresAt.IsZero() || end.Before(old.ExpiresAt) {
			old.ExpiresAt = end
		}
		if overlap == 0 {
			old.RevokedAt = old.ExpiresAt
		}
	}
	k.Tokens = append(k.Tokens, t)
}
