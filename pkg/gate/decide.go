package gate

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/connlimit"
	"github.com/ostiary/ostiary/pkg/verify"
)

// outcome is a decision with what follows from it.
type outcome struct {
	verify.Decision
	wait  time.Duration // before a rate-limited client may try again
	open  bool          // let in without a look at the credential
	token string        // that was presented
}

// Why requests are refused, beyond the reasons of package verify.
const (
	reasonKeyElsewhere  = "An API key was sent in a way that is not read here. Send it as \"Authorization: Bearer KEY\", or as the password of Basic authentication."
	reasonKeyInQuery    = "An API key in the address is refused, because addresses end up in logs. Send it as \"Authorization: Bearer KEY\"."
	reasonPasswordEnded = "The password of this endpoint ended when the first API key for it was issued. Send an API key."
)

// decide answers whether a request that must show d may pass, and tells those
// who count.
func (g *Gate) decide(r *request, d *demand) outcome {
	o := g.judge(r, d)
	if o.Valid() && !o.open {
		connlimit.Trust(r.Context())
	}
	if o.Valid() && o.Key != nil {
		g.opts.Recorder.Use(o.Key.ID, r.addr)
	}
	g.opts.Observer.Observe(d.observed, o.Code, time.Since(r.began))
	return o
}

func (g *Gate) judge(r *request, d *demand) outcome {
	if d.open || g.opts.IngestionOpen && d.require == apikey.PermissionIngest {
		return outcome{Decision: verify.Decision{Code: verify.CodeValid}, open: true}
	}
	credential, ok := d.sources.Find(r.Header, r.url)
	if !ok {
		return outcome{Decision: verify.Ambiguous}
	}
	switch isPassword := d.password.matches(credential); {
	case isPassword || d.receiver.matches(credential.Token) && d.require == apikey.PermissionIngest:
		// Both can be guessed, so nobody learns that he has while he guesses.
		if braked, wait := g.opts.Failures.Braked(r.addr); wait > 0 {
			return outcome{Decision: braked, wait: wait}
		}
		decision := verify.Decision{Code: verify.CodeValid}
		if isPassword {
			decision = g.judgePassword(d)
		}
		return outcome{Decision: decision, token: credential.Token}
	}
	decision := g.opts.Verifier.Verify(verify.Question{
		Token: credential.Token, Permission: d.require, Endpoint: d.name, Pool: d.pool, OrgID: d.orgID, Addr: r.addr, At: r.began, Brake: g.opts.Failures,
	})
	if decision.Code == verify.CodeMissing {
		switch {
		case holdsToken(r.url.RawQuery):
			decision.Reason = reasonKeyInQuery
		case d.sources.Misplaced(r.Header):
			decision.Reason = reasonKeyElsewhere
		}
	}
	decision, wait := g.opts.Failures.Limit(decision, r.addr)
	return outcome{Decision: decision, wait: wait, token: credential.Token}
}

func holdsToken(query string) bool { return query != "" && apikey.Redact(query) != query }

// judgePassword decides about a right password, which ends with the first key
// that was issued for the same use.
func (g *Gate) judgePassword(d *demand) verify.Decision {
	if g.opts.Issued(d.orgID, d.require, d.name, d.pool) {
		return verify.Decision{Code: verify.CodeDisabled, Reason: reasonPasswordEnded}
	}
	return verify.Decision{Code: verify.CodeValid}
}

// password is a user name and password, as a digest: comparing it takes the
// same time whatever is sent.
type password [sha256.Size]byte

func newPassword(b BasicAuth) *password {
	p := password(sha256.Sum256([]byte(b.Username + ":" + b.Password)))
	return &p
}

// matches reports whether c is the password. A nil password matches nothing.
func (p *password) matches(c verify.Credential) bool {
	if p == nil || !c.Basic {
		return false
	}
	sent := newPassword(BasicAuth{Username: c.User, Password: c.Token})
	return subtle.ConstantTimeCompare(p[:], sent[:]) == 1
}

// How many characters a password and a receiver key have at least.
const (
	minPassword    = 12
	minReceiverKey = 16
)

// receiver is a fixed key, as a digest: comparing it takes the same time
// whatever is sent.
type receiver [sha256.Size]byte

func newReceiver(key string) *receiver {
	r := receiver(sha256.Sum256([]byte(key)))
	return &r
}

// matches reports whether a token is the key. A nil receiver matches nothing,
// and a token in the form of ours is none, so that it is not hashed twice.
func (r *receiver) matches(token string) bool {
	if r == nil || token == "" || len(token) == apikey.TokenLength && strings.HasPrefix(token, apikey.TokenPrefix) {
		return false
	}
	sent := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(r[:], sent[:]) == 1
}
