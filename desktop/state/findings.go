package state

import (
	"context"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

// Question is what is asked about a token.
type Question struct {
	Token      string
	Permission string       // empty = any
	Address    string       // from which it comes; empty = that is not said
	Request    TypedRequest // with which it comes; empty = none in particular
}

// Finding is whether a token is let in at an endpoint.
type Finding struct {
	Endpoint api.Endpoint
	Verdict  api.VerifyResponse
}

// Findings are what was found out about a token.
type Findings struct {
	Overall   api.VerifyResponse  // what the server thinks of it without an endpoint
	Key       *api.Key            // that it is of; nil = nobody knows it
	Resembles *api.Key            // whose public part it has, though the secret is another; may be nil
	At        []Finding           // at each endpoint
	Asked     *api.VerifyResponse // with the request, by the gate's own rules; nil = none was asked about
}

// IsLetIn reports whether the token is let in: with the request that was asked about, and else at all.
func (f *Findings) IsLetIn() bool {
	if f.Asked != nil {
		return f.Asked.Valid
	}
	return f.Somewhere()
}

// Somewhere reports whether the token is let in at all.
func (f *Findings) Somewhere() bool {
	return f.Overall.Valid || slices.ContainsFunc(f.At, func(at Finding) bool { return at.Verdict.Valid })
}

var (
	wholeToken  = regexp.MustCompile(`\bost_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}\b`)
	tokenHeader = regexp.MustCompile(`(?i)^(?:authorization:\s*)?bearer\s+`)
)

// TokenIn returns the token in what was pasted, which may be a header, a line of a configuration, or a token between
// quotes.
func TokenIn(text string) string {
	if whole := wholeToken.FindString(text); whole != "" {
		return whole
	}
	bare := tokenHeader.ReplaceAllString(strings.TrimSpace(text), "")
	for _, quote := range []string{`"`, "'"} {
		if within, ok := strings.CutPrefix(bare, quote); ok && strings.HasSuffix(within, quote) {
			return strings.TrimSuffix(within, quote)
		}
	}
	return bare
}

// TypedRequest is a request that somebody typed, or copied from a log.
type TypedRequest struct{ Method, Path string }

var typedRequest = regexp.MustCompile(`^"?(?:([A-Z]+)\s+)?(\S+)`)
var typedAddress = regexp.MustCompile(`(?i)^[a-z]+://[^/?#]+`)

// ReadRequest reads a request such as "POST /loki/api/v1/push", or a whole address. It is not ok for what is none; no
// text is no request.
func ReadRequest(text string) (r TypedRequest, ok bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return r, true
	}
	m := typedRequest.FindStringSubmatch(text)
	if m == nil {
		return r, false
	}
	path := m[2]
	if rest := typedAddress.ReplaceAllString(path, ""); rest != path {
		path = rest
		if !strings.HasPrefix(path, "/") {
			path = "/" + path
		}
	}
	path, _, _ = strings.Cut(path, "#")
	path, _, _ = strings.Cut(path, "?")
	if !strings.HasPrefix(path, "/") {
		return r, false
	}
	if r = (TypedRequest{Method: m[1], Path: path}); r.Method == "" {
		r.Method = "GET"
	}
	return r, true
}

// IsAddress reports whether a text is one address of a computer; no text is fine as well.
func IsAddress(text string) bool {
	_, err := netip.ParseAddr(strings.TrimSpace(text))
	return err == nil || strings.TrimSpace(text) == ""
}

// Examine finds out whose a token is, and where it would be let in. Of a token that nobody knows nothing more is asked:
// that would only be more wrong keys.
func (s *Session) Examine(ctx context.Context, q Question) (*Findings, error) {
	list, err := s.Gate(ctx)
	if err != nil && Explain(err).Kind != KindOlder {
		return nil, err
	}
	var endpoints []api.Endpoint
	if list != nil {
		endpoints = list.Endpoints
	}
	overall, err := s.ask(ctx, q, "", q.Permission)
	if err != nil {
		return nil, err
	}
	f := &Findings{Overall: *overall, Key: overall.Key}
	switch apikey.Code(overall.Code) {
	case apikey.CodeInvalidToken, apikey.CodeMissing, apikey.CodeRateLimited:
		f.Resembles = s.similar(ctx, q.Token)
		return f, nil
	}
	if f.At, err = s.askEverywhere(ctx, q, endpoints); err != nil {
		return nil, err
	}
	for i := 0; f.Key == nil && i < len(f.At); i++ {
		f.Key = f.At[i].Verdict.Key
	}
	if f.Key == nil {
		f.Key = s.similar(ctx, q.Token)
	}
	if r := q.Request; r.Path != "" {
		f.Asked, err = s.client.Verify(ctx, api.VerifyRequest{
			Token: q.Token, Method: r.Method, Path: r.Path, Address: q.Address, DryRun: true,
		})
	}
	return f, err
}

func (s *Session) ask(ctx context.Context, q Question, endpoint, permission string) (*api.VerifyResponse, error) {
	return s.client.Verify(ctx, api.VerifyRequest{
		Token: q.Token, Permission: permission, Endpoint: endpoint, Address: q.Address, DryRun: true,
	})
}

// askedAtOnce is how many endpoints are asked about at the same time.
const askedAtOnce = 8

// askEverywhere asks about each endpoint.
func (s *Session) askEverywhere(ctx context.Context, q Question, endpoints []api.Endpoint) ([]Finding, error) {
	var (
		out  = make([]Finding, len(endpoints))
		errs = make([]error, len(endpoints))
		free = make(chan struct{}, askedAtOnce)
		wait sync.WaitGroup
	)
	for i, e := range endpoints {
		free <- struct{}{}
		wait.Go(func() {
			defer func() { <-free }()
			v, err := s.ask(ctx, q, e.Name, q.Permission)
			if err != nil {
				errs[i] = err
				return
			}
			out[i] = Finding{e, *v}
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

var publicPart = regexp.MustCompile(`^ost_([0-9A-Za-z]{12})_`)

// similar is the key of a token's public part, or nil.
func (s *Session) similar(ctx context.Context, token string) *api.Key {
	m := publicPart.FindStringSubmatch(token)
	if m == nil {
		return nil
	}
	list, err := s.client.Keys(ctx, client.KeyQuery{Search: m[1], Limit: 10})
	if err != nil {
		return nil // it is an extra
	}
	i := slices.IndexFunc(list.Keys, func(k api.Key) bool {
		return k.ID == m[1] || slices.ContainsFunc(k.Tokens, func(t api.Token) bool { return t.ID == m[1] })
	})
	if i < 0 {
		return nil
	}
	return &list.Keys[i]
}
