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
var Ambiguous = Decision{Code: CodeInvalidRequest, Reason: "The request holds two different credentials. Send one API key only."}

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

// Strip removes from a request's header and address everything that Find
// reads, and every X-Ostiary-* header, so that what stands behind sees
// neither a key nor an identity that the client made up.
func (s *Sources) Strip(h http.Header, u *url.URL) {
	s.strip(h, u, func(string) bool { return true })
}

// StripKeys is Strip for requests that are let in without a key: it removes
// only those credentials that are keys of ours, because others may be meant
// for what stands behind.
func (s *Sources) StripKeys(h http.Header, u *url.URL) {
	s.strip(h, u, func(token string) bool { _, ours := apikey.ParseToken(token); return ours })
}

func (s *Sources) strip(h http.Header, u *url.URL, unwanted func(token string) bool) {
	removeValues(h, "Authorization", func(value string) bool {
		c, known := s.authorization(value)
		return known && unwanted(c.Token)
	})
	for _, name := range s.Headers {
		removeValues(h, name, func(value string) bool { return unwanted(strings.TrimSpace(value)) })
	}
	for name := range h {
		if IsIdentityHeader(name) {
			delete(h, name)
		}
	}
	if u != nil {
		u.RawQuery = s.stripQuery(u.RawQuery, unwanted)
	}
}

// stripQuery removes the parameter that may hold a key, and leaves the rest
// of the query as it was written.
func (s *Sources) stripQuery(query string, unwanted func(token string) bool) string {
	if s.Query == "" || query == "" {
		return query
	}
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if nameErr == nil && name == s.Query && (valueErr != nil || unwanted(value)) {
			continue
		}
		kept = append(kept, pair)
	}
	return strings.Join(kept, "&")
}

// IsIdentityHeader reports whether a header's name is one of those in which
// the gate tells who was let in. Underscores count as hyphens, because many
// servers take one for the other.
func IsIdentityHeader(name string) bool {
	const prefix = "x-ostiary-"
	return len(name) >= len(prefix) && strings.EqualFold(strings.ReplaceAll(name[:len(prefix)], "_", "-"), prefix)
}

func removeValues(h http.Header, name string, unwanted func(string) bool) {
	values, there := h[name]
	if !there {
		return
	}
	kept := make([]string, 0, len(values))
	for _, v := range values {
		if !unwanted(v) {
			kept = append(kept, v)
		}
	}
	if len(kept) == 0 {
		delete(h, name)
	} else {
		h[name] = kept
	}
}
