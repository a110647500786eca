package verify

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Question is what a request asks for.
type Question struct {
	Token      string
	Permission apikey.Permission // PermissionNone: any good key will do
	Endpoint   string            // the endpoint's name; a key limited to endpoints opens only those
	Pool       string            // if set, only keys of that pool
	OrgID      int64             // if set, keys of other organizations are unknown
	Addr       netip.Addr        // the client's; a key limited to addresses needs one
	At         time.Time         // the moment to judge for; zero = now
	Brake      *Failures         // counts wrong keys; asked before a slow check; nil = no limit
	// for so long after its end a key that has expired may do what it might; the code is CodeGrace
	Lenience time.Duration
}

// Decision is the answer to a Question.
type Decision struct {
	Code   apikey.Code
	Reason string // a sentence for people: why not, and what to do
	// Key is the key that was recognised. It is nil unless the caller proved
	// possession of the secret, and must not be changed.
	Key *Identity
	// Token is the id of the token that was recognised with the key.
	Token apikey.ID
	// Ended is when a key that is let in with CodeGrace expired, or one that
	// is held; zero with other codes.
	Ended time.Time

	counted bool // as a wrong key from its address
}

// Valid reports whether the request may pass.
func (d Decision) Valid() bool { return d.Code.LetsIn() }

// Verifier decides from a Replica.
type Verifier struct {
	replica *Replica
	peppers *apikey.Peppers // the replica's
	now     func() time.Time

	checks    *slowChecks // of tokens of other systems
	adoptions *adoptions
}

// New returns a Verifier on a replica.
func New(replica *Replica) *Verifier {
	return &Verifier{
		replica: replica, peppers: replica.peppers, now: time.Now,
		checks: newSlowChecks(), adoptions: newAdoptions(replica.opts.Foreign),
	}
}

// ReasonUnknown is why a token is refused that no key has.
const ReasonUnknown = "The API key is not known here. Check that the whole key was copied."

// The reasons. Most are constants, and those with a role are made once, so
// that saying why costs nothing: wrong keys may come in any number.
const (
	reasonMissing       = "No API key was sent. Send it as \"Authorization: Bearer KEY\", or as the password of Basic authentication."
	reasonRevoked       = "The API key was revoked. Ask for a new one."
	reasonEnded         = "This token of the API key was ended. Use the key's newest token, or ask for it."
	reasonExpired       = "The API key has expired. Ask for a new one."
	reasonReplaced      = "This token was replaced when the API key was rotated. Use the key's newest token, or ask for it."
	reasonDisabled      = "The API key is disabled. Ask for it to be enabled."
	reasonPaused        = "The API key is disabled until %s, and is enabled again then by itself. Send the request again after that."
	reasonEndpoint      = "The API key is limited to other endpoints than %q. Use a key for this one, or ask for it to be allowed."
	reasonNoEndpoint    = "The API key is limited to certain endpoints, and the request names none. A proxy that asks at /auth names one as ?endpoint=NAME."
	reasonPool          = "The endpoint takes only keys of its own agent pool. Use one of those."
	reasonAddress       = "The API key may not be used from the address %s. Use it from an allowed one, or ask for this one to be allowed."
	reasonNoAddress     = "The API key may only be used from certain addresses, and the client's is not known."
	reasonNotReady      = "The keys are being loaded. Try again in a moment."
	reasonStale         = "The key store has not been reachable for too long to decide safely. Try again later."
	reasonNoPepper      = "This server lacks the pepper that the key was made with."
	reasonSlowBusy      = "Too many keys are being checked at once. Try again in a moment."
	reasonKeyElsewhere  = "An API key was sent in a way that is not read here. Send it as \"Authorization: Bearer KEY\", or as the password of Basic authentication."
	reasonKeyInQuery    = "An API key in the address is refused, because addresses end up in logs. Send it as \"Authorization: Bearer KEY\"."
	reasonPasswordEnded = "The password of this endpoint ended when the first API key for it was issued. Send an API key."
	reasonRateLimited   = "Too many wrong keys came from this address. Wait before you try again."
)

// reasonRole[role][permission] says what the role lacks.
var reasonRole = func() (t [apikey.RoleAdmin + 1][apikey.PermissionManage + 1]string) {
	for role := range t {
		for p := range t[role] {
			t[role][p] = "The API key has the role " + apikey.Role(role).String() + ", which does not grant " +
				apikey.Permission(p).String() + "; use one with " + rolesThatGrant(apikey.Permission(p)) + "."
		}
	}
	return t
}()

// rolesThatGrant lists roles for a sentence.
func rolesThatGrant(p apikey.Permission) string {
	var names []string
	for _, role := range apikey.Roles() {
		if role.Grants(p) {
			names = append(names, role.String())
		}
	}
	return strings.Join(names, " or ")
}

// Verify decides.
func (v *Verifier) Verify(q Question) Decision {
	if q.Token == "" {
		return Decision{Code: apikey.CodeMissing, Reason: reasonMissing}
	}
	id, wellFormed := apikey.ParseToken(q.Token)
	if !wellFormed {
		return v.verifyForeign(&q)
	}
	now := q.At
	if now.IsZero() {
		now = v.now()
	}
	if reason := v.replica.unfit(now); reason != "" {
		return Decision{Code: apikey.CodeUnavailable, Reason: reason}
	}
	// Before the look-up, so that the answer's time does not reveal which ids
	// exist, and so that the processor hashes while it waits for memory.
	digest := v.peppers.Current().Digest(q.Token)
	e := v.replica.find(id)
	if e == nil || q.OrgID != 0 && e.orgID != q.OrgID {
		return Decision{Code: apikey.CodeInvalidToken, Reason: ReasonUnknown}
	}
	if all := v.peppers.All(); int(e.pepper) != len(all) { // not the current one
		if e.pepper == 0 {
			return Decision{Code: apikey.CodeUnavailable, Reason: reasonNoPepper}
		}
		digest = all[e.pepper-1].Digest(q.Token)
	}
	if !digest.Equal(e.digest) {
		return Decision{Code: apikey.CodeInvalidToken, Reason: ReasonUnknown}
	}
	return e.decide(&q, now)
}

// decide decides about a token whose secret is right.
func (e *entry) decide(q *Question, now time.Time) Decision {
	d := Decision{Key: &e.key, Token: e.id}
	d.Code, d.Reason = e.judge(q, now)
	if d.Code == apikey.CodeValid && e.hasExpired(now) {
		d.Code, d.Ended = apikey.CodeGrace, time.UnixMilli(e.expires).UTC()
	}
	return d
}

func (e *entry) hasExpired(now time.Time) bool { return e.expires != 0 && now.UnixMilli() >= e.expires }

// isPast reports whether an expired token is past all lenience.
func (e *entry) isPast(lenience time.Duration, now time.Time) bool {
	return now.UnixMilli()-e.expires >= lenience.Milliseconds()
}

// judge decides about a token as though it had not expired, if that is not too long ago.
func (e *entry) judge(q *Question, now time.Time) (apikey.Code, string) {
	switch {
	case e.flags.are(cut) && e.hasExpired(now):
		return apikey.CodeExpired, reasonReplaced
	case e.flags.are(ended):
		return apikey.CodeRevoked, reasonEnded
	case e.flags.are(revoked):
		return apikey.CodeRevoked, reasonRevoked
	case e.hasExpired(now) && e.isPast(q.Lenience, now):
		if e.flags.are(outlived) {
			return apikey.CodeExpired, reasonReplaced
		}
		return apikey.CodeExpired, reasonExpired
	case e.isDisabled(now.UnixMilli()):
		return apikey.CodeDisabled, e.whyDisabled()
	case !e.role.Grants(q.Permission):
		return apikey.CodeForbidden, reasonRole[e.role][q.Permission]
	case e.flags.are(widened):
		return e.traits().judge(q)
	case q.Pool != "":
		return apikey.CodeForbidden, reasonPool
	}
	return apikey.CodeValid, ""
}

// whyDisabled says until when a key is disabled, if that ends by itself.
func (e *entry) whyDisabled() string {
	if t := e.traits(); t != nil && t.disabledUntil != 0 {
		return fmt.Sprintf(reasonPaused, time.UnixMilli(t.disabledUntil).UTC().Format(time.RFC3339))
	}
	return reasonDisabled
}

// judge decides about a key with traits that may otherwise pass.
func (t *traits) judge(q *Question) (apikey.Code, string) {
	switch {
	case q.Pool != "" && t.pool != q.Pool:
		return apikey.CodeForbidden, reasonPool
	case len(t.endpoints) > 0 && !slices.Contains(t.endpoints, q.Endpoint):
		if q.Endpoint == "" {
			return apikey.CodeForbidden, reasonNoEndpoint
		}
		return apikey.CodeForbidden, fmt.Sprintf(reasonEndpoint, q.Endpoint)
	case len(t.cidrs) > 0:
		addr := q.Addr.Unmap().WithZone("")
		if !slices.ContainsFunc(t.cidrs, func(p netip.Prefix) bool { return p.Contains(addr) }) {
			if !addr.IsValid() {
				return apikey.CodeForbidden, reasonNoAddress
			}
			return apikey.CodeForbidden, fmt.Sprintf(reasonAddress, addr)
		}
	}
	return apikey.CodeValid, ""
}
