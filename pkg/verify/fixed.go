package verify

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Password is a user name and password, as a digest: comparing it takes the
// same time for every input.
type Password [sha256.Size]byte

// NewPassword returns the password of a user.
func NewPassword(user, password string) *Password {
	p := Password(sha256.Sum256([]byte(user + ":" + password)))
	return &p
}

// matches reports whether c is the password. A nil Password matches nothing.
func (p *Password) matches(c Credential) bool {
	if p == nil || !c.Basic {
		return false
	}
	sent := NewPassword(c.User, c.Token)
	return subtle.ConstantTimeCompare(p[:], sent[:]) == 1
}

// Receiver is a fixed key, as a digest: comparing it takes the same time for
// every input.
type Receiver [sha256.Size]byte

// NewReceiver returns the fixed key.
func NewReceiver(key string) *Receiver {
	r := Receiver(sha256.Sum256([]byte(key)))
	return &r
}

// matches reports whether a token is the key. A nil Receiver matches nothing,
// and a token in the form of ours is none, so that it is not hashed twice.
func (r *Receiver) matches(token string) bool {
	if r == nil || token == "" || len(token) == apikey.TokenLength && strings.HasPrefix(token, apikey.TokenPrefix) {
		return false
	}
	sent := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(r[:], sent[:]) == 1
}
