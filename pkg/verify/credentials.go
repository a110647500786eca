package verify

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Sources says where a request's credential may be. The zero value takes
// Bearer and Basic.
type Sources struct {
	// Schemes are further schemes of the Authorization header whose value is
	// a key, in any case, such as "StackState".
	Schemes []string
	// Headers hold a key alone, in canonical form, such as "X-Api-Key".
	Headers []string
	// Query is the name of a query parameter that may hold a key; usually
	// empty, because addresses end up in logs.
	Query string
}

// Credential is what a request presents. The zero Credential is none.
type Credential struct {
	Token string
	// Basic is set if the token was the password of Basic authentication;
	// User is the name with it, which means nothing to a key.
	Basic bool
	User  string
}

// Ambiguous is the answer to a request with two different credentials.
var Ambiguous = Decision{Code: apikey.CodeInvalid,
	Reason: "The request holds two different credentials. Send one API key only."}

// Find returns the request's credential. ok is false if there are two that
// differ; the same one twice is fine.
func (s *Sources) Find(h http.Header, u *url.URL) (c Credential, ok bool) {
	ok = true
	take := func(found Credential) {
		switch {
		case found.Token == "":
		case c.Token == "":
			c = found
		case c.Token != found.Token:
			ok = false
		}
	}
	for _, value := range h["Authorization"] {
		found, _ := s.authorization(value)
		take(found)
	}
	for _, name := range s.Headers {
		for _, value := range h[name] {
			take(Credential{Token: strings.TrimSpace(value)})
		}
	}
	if s.Query != "" && u != nil && u.RawQuery != "" {
		for _, value := range u.Query()[s.Query] {
			take(Credential{Token: value})
		}
	}
	return c, ok
}

// authorization reads a value of the Authorization header. known is false for
// schemes that are none of ours, such as Digest.
func (s *Sources) authorization(value string) (c Credential, known bool) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(value), " ")
	rest = strings.TrimSpace(rest)
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		return Credential{Token: rest}, true
	case strings.EqualFold(scheme, "Basic"):
		return basic(rest), true
	}
	for _, name := range s.Schemes {
		if strings.EqualFold(scheme, name) {
			return Credential{Token: rest}, true
		}
	}
	return Credential{}, false
}

// Misplaced reports whether a request in which Find found nothing holds a key
// of ours in its Authorization all the same: as the user name of Basic
// authentication, behind another scheme, or behind none.
func (s *Sources) Misplaced(h http.Header) bool {
	return slices.ContainsFunc(h["Authorization"], func(value string) bool {
		c, _ := s.authorization(value)
		return apikey.Redact(c.User) != c.User || apikey.Redact(value) != value
	})
}

// basic reads the password of Basic authentication. What cannot be read is
// kept as it is: it is a credential all the same, and a wrong one.
func basic(encoded string) Credential {
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return Credential{Token: encoded, Basic: true}
	}
	user, password, found := strings.Cut(string(decoded), ":")
	if !found {
		return Credential{Token: encoded, Basic: true}
	}
	return Credential{Token: password, User: user, Basic: true}
}
