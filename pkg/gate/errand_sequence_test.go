package gate

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// Whatever is asked on connections that stay, and whatever changes in between, each request is judged, counted, passed
// on and answered as net/http's server does it with that request alone, on a new connection.
func TestRequestsInAnyOrderAreWhatEachIsAlone(t *testing.T) {
	h := newHouse(t)
	kept, alone := openSide(h, true), openSide(h, false)
	rapid.Check(t, func(rt *rapid.T) {
		w := &sequence{T: rt, house: h, kept: kept, alone: alone}
		w.reconfigure(settings{})
		for i := range w.holders {
			issued := h.issue([]apikey.Role{apikey.RoleAdmin, apikey.RoleEditor}[i], of("a"))
			w.holders[i] = holder{issued.Key.ID, []string{issued.Token}}
			w.asks[i] = asking{&w.holders[i], 0, http.MethodGet, "/read", "Authorization: Bearer $KEY", "", ""}
		}
		for range rapid.IntRange(20, 40).Draw(rt, "steps") {
			w.step()
		}
		for i := range w.talkers {
			w.leave(i)
		}
	})
}

// side is a gate that only one of the two ways leads through, with what it counted.
type side struct {
	server   *Server
	address  string
	upstream *scripted
	uses     *uses
	seen     *observations
	limiter  *verify.Limiter
	answers  *verify.Answers
}

func openSide(h *house, relayed bool) *side {
	d := &side{upstream: newScripted(h.t), uses: &uses{}, seen: &observations{},
		limiter: verify.NewLimiter(nil, nil), answers: verify.NewAnswers()}
	g, err := New(d.options(h, settings{}))
	require.NoError(h.t, err)
	d.server = g.Server()
	if !relayed {
		d.server.relay = nil
	}
	d.address = serve(h.t, d.server)
	return d
}

// settings are how a gate is configured.
type settings struct {
	elsewhere, host, auth, tenant, asserted, perKey, open, trusted bool
	onExpired                                                      verify.OnExpired
}

func (d *side) options(h *house, s settings) Options {
	endpoint := func(name string, require apikey.Permission) Endpoint {
		e := Endpoint{Name: name, Path: "/" + name, Require: require, Upstream: d.upstream.url, PreserveHost: s.host}
		if s.auth {
			e.UpstreamAuth = "its:own"
		}
		return e
	}
	read, push := endpoint("read", apikey.PermissionRead), endpoint("push", apikey.PermissionIngest)
	query, anyone := endpoint("query", apikey.PermissionRead), endpoint("open", apikey.PermissionNone)
	manage := endpoint("read/manage", apikey.PermissionManage)
	manage.Name = "manage"
	if s.elsewhere {
		manage.Path = "/manage"
	}
	if s.tenant {
		read.Tenant.Header = "X-Scope-OrgID"
	}
	if s.asserted {
		read.Assert = AssertGrafana
	}
	if s.perKey {
		read.LimitPerKey = apikey.Limits{RequestsPerDay: 3, BytesPerDay: 100_000}
	}
	push.OnExpired, query.Query, anyone.Open = s.onExpired, "key", true
	opts := Options{
		Endpoints: []Endpoint{read, push, query, anyone, manage}, Verifier: h.verifier, Recorder: d.uses, Observer: d.seen,
		Limiter: d.limiter, Answers: d.answers, IngestionOpen: s.open,
		AssertGrafana: func(k *verify.Identity) string { return "is " + k.Name() },
	}
	if s.trusted {
		opts.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	}
	return opts
}

// sequence is what happens in a test.
type sequence struct {
	*rapid.T
	house       *house
	kept, alone *side
	names       int
	holders     [2]holder
	asks        [2]asking // of each connection, the next request, which is mostly the one before
	talkers     [2]*talker
	served      [2]bool // the relay has left the connection to the server
}

// holder has a key, and the tokens that it has or had.
type holder struct {
	id     string
	tokens []string
}

// asking is a request.
type asking struct {
	holder                       *holder
	token                        int
	method, target, place, extra string
	length                       string // as it is said; empty = it is not
}

func (w *sequence) step() {
	switch rapid.IntRange(0, 19).Draw(w.T, "what") {
	case 17, 18, 19:
		w.change(&w.holders[rapid.IntRange(0, 1).Draw(w.T, "key")])
	case 16:
		w.reconfigure(drawSettings.Draw(w.T, "settings"))
	default:
		i := rapid.IntRange(0, 1).Draw(w.T, "connection")
		w.vary(&w.asks[i])
		w.ask(i)
	}
}

var drawSettings = rapid.Custom(func(t *rapid.T) settings {
	is := func(what string) bool { return rapid.Bool().Draw(t, what) }
	return settings{
		is("elsewhere"), is("host"), is("auth"), is("tenant"), is("asserted"), is("perKey"), is("open"), is("trusted"),
		rapid.SampledFrom([]verify.OnExpired{{}, {Hold: 72 * time.Hour}, {Grace: 72 * time.Hour}}).Draw(t, "expired"),
	}
})

func (w *sequence) reconfigure(s settings) {
	for _, d := range []*side{w.kept, w.alone} {
		require.NoError(w, d.server.Reconfigure(d.options(w.house, s)))
	}
}

// change changes a key, if that is possible.
func (w *sequence) change(k *holder) {
	service, u := w.house.service, apikey.Update{}
	switch rapid.IntRange(0, 9).Draw(w.T, "change") {
	case 0:
		w.names++
		u.Name = new(fmt.Sprint(k.id, " ", w.names))
	case 1:
		u.Enabled = new(rapid.Bool().Draw(w.T, "enabled"))
	case 2:
		u.Tenants = new(rapid.SampledFrom([][]string{nil, {"b"}, {"a", "b"}, {"*"}, {"a"}}).Draw(w.T, "tenants"))
	case 3:
		u.AllowedCIDRs = new(rapid.SampledFrom([][]netip.Prefix{nil, {netip.MustParsePrefix("127.0.0.0/8")},
			{netip.MustParsePrefix("192.0.2.0/24")}}).Draw(w.T, "addresses"))
	case 4:
		u.Endpoints = new(rapid.SampledFrom([][]string{nil, {"read"}, {"push", "query"}}).Draw(w.T, "endpoints"))
	case 5:
		u.Limits = new(rapid.SampledFrom([]apikey.Limits{{}, {RequestsPerDay: 4}, {BytesPerDay: 100},
			{Concurrent: 9}}).Draw(w.T, "limits"))
	case 6:
		u.Role = new(rapid.SampledFrom(apikey.Roles()).Draw(w.T, "role"))
	case 7:
		if u.Lifetime = apikey.Never(); rapid.Bool().Draw(w.T, "expired") {
			service, u.Lifetime = w.house.before, apikey.ExpiresIn(24*time.Hour)
		}
	case 8:
		how := rapid.SampledFrom([]apikey.Ending{apikey.Revoke, apikey.Delete}).Draw(w.T, "how")
		_, _ = service.End(w.house.admin, k.id, apikey.End{How: how, Force: true})
		return
	case 9:
		overlap := rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(w.T, "overlap")
		if issued, err := service.Rotate(w.house.admin, k.id, apikey.Rotation{Overlap: overlap}); err == nil {
			k.tokens = append(k.tokens, issued.Token)
		}
		return
	}
	_, _ = service.Update(w.house.admin, k.id, u, true)
}

// vary changes a thing about a request, or none.
func (w *sequence) vary(a *asking) {
	draw := func(what string, of ...string) string { return rapid.SampledFrom(of).Draw(w.T, what) }
	switch rapid.IntRange(0, 19).Draw(w.T, "varied") {
	case 1, 2, 3:
		a.target = draw("target", "/read", "/read/x?a=b", "/read/%41%2Fb//c?", "/push/x", "/query/x",
			"/query?z&key=$KEY", "/open/x?key=$KEY", "/auth", "/manage", "/read/%2e%2e/open", "/read?X-Scope-OrgID=a",
			"/read/manage", "/read/y")
	case 4, 5:
		a.holder = &w.holders[rapid.IntRange(0, 1).Draw(w.T, "key")]
		a.token = rapid.IntRange(0, len(a.holder.tokens)-1).Draw(w.T, "token")
	case 6:
		a.place = draw("place", "Authorization: Bearer $KEY", "authorization: bearer $KEY", "", "X-API-Key: $KEY")
	case 7:
		a.extra = draw("extra", "", "X-Scope-OrgID: a", "x_scope_orgid: b", "User-Agent: me", "Connection: keep-alive",
			"Connection: close", "Cookie: a=b; c=$KEY; d=e", "X-Forwarded-For: 192.0.2.7, 127.0.0.2", "X-Ostiary-Role: Admin",
			"Pragma: no-cache", "Proxy-Authorization: Basic $KEY", "X-Long: "+strings.Repeat("long ", 1000))
	case 8, 9:
		a.length = draw("length", "", "0", "1", "0001", "100000", "70000", "60")
	case 10:
		a.method = draw("method", http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete)
	}
}

func (a *asking) text() (head, body string) {
	length := 0
	lines := []string{"Host: gate"}
	for _, line := range []string{a.place, a.extra} {
		if line != "" {
			lines = append(lines, line)
		}
	}
	if a.length != "" {
		_, _ = fmt.Sscanf(a.length, "%d", &length)
		lines = slices.Insert(lines, 1, "Content-Length: "+a.length)
	}
	head = wireText(a.method+" "+a.target+" HTTP/1.1", lines...)
	return strings.ReplaceAll(head, "$KEY", a.holder.tokens[a.token]), strings.Repeat("b", length)
}

// known is what is said of a request on one side.
type known struct {
	outcome
	Uses  []verify.Seen
	Late  []string
	Seen  []string
	Fault int
}

// ask asks on a connection that stays, and alone.
func (w *sequence) ask(i int) {
	a := &w.asks[i]
	head, body := a.text()
	name := rapid.SampledFrom([]string{"short", "short", "short", "short", "typed", "no content", "large and typed",
		"chunks", "says close", "refuses", "breaks off", "typed", "short"}).Draw(w.T, "answer")
	answer := answerTable[name]
	closes := answer.hangUp || rapid.IntRange(0, 9).Draw(w.T, "closes") == 0
	pieces := [2]string{head + body, ""}
	if body != "" && rapid.Bool().Draw(w.T, "in pieces") {
		pieces = [2]string{head + body[:1], body[1:]}
	}
	if w.talkers[i] == nil {
		w.talkers[i] = talk(w.house.t, w.kept.address)
	}
	got, ended := w.kept.ask(w, w.talkers[i], pieces, answer.raw, closes)
	other := talk(w.house.t, w.alone.address)
	want, _ := w.alone.ask(w, other, [2]string{head + body, ""}, answer.raw, closes)
	_ = other.Close()
	require.Equal(w, want, got, "%s", head)
	if w.served[i] || ended {
		w.leave(i)
	} else { // the server keeps a connection that it has; it is asked there once more
		w.served[i] = got.Status >= 300 || !a.isErrand() || name == "chunks" || name == "says close"
	}
}

// isErrand reports whether the relay carries a request, if it is let in.
func (a *asking) isErrand() bool {
	return a.method != http.MethodDelete && a.length != "100000" && a.place != "" && a.target != "/auth"
}

func (w *sequence) leave(i int) {
	if w.talkers[i] != nil {
		_ = w.talkers[i].Close()
	}
	w.talkers[i], w.served[i] = nil, false
}

// ask asks on a connection.
func (d *side) ask(t require.TestingT, c *talker, pieces [2]string, answer string, closes bool) (k known, ended bool) {
	d.upstream.script(answer, closes)
	_, closed := d.upstream.connections()
	for _, p := range pieces {
		_, err := io.WriteString(c, p)
		require.NoError(t, err)
	}
	method, _, _ := strings.Cut(pieces[0], " ")
	res, err := http.ReadResponse(c.r, &http.Request{Method: method})
	require.NoError(t, err)
	content, err := io.ReadAll(res.Body)
	require.False(t, isTimeout(err))
	k.Status, k.Header, k.Body, k.Broken = res.StatusCode, res.Header, string(content), err != nil
	for _, name := range []string{"Date", "Retry-After", "Ratelimit"} { // which tell the time
		delete(k.Header, name)
	}
	if k.Body == "" && k.Header.Get("Content-Length") == "0" {
		delete(k.Header, "Content-Length")
	}
	if k.Broken {
		k.Body = ""
	}
	k.Upstream = d.upstream.got()
	if closes && k.Upstream != "" { // so that nobody asks on the connection that ends
		isClosed := func() bool { _, now := d.upstream.connections(); return now > closed }
		require.Eventually(t, isClosed, patience, time.Microsecond)
	}
	d.take(&k)
	return k, err != nil || res.Close
}

// take takes what was counted of a request.
func (d *side) take(k *known) {
	d.uses.mu.Lock()
	defer d.uses.mu.Unlock()
	d.seen.mu.Lock()
	defer d.seen.mu.Unlock()
	k.Uses, k.Late, k.Seen = d.uses.seen, d.uses.late, d.seen.list
	d.uses.seen, d.uses.list, d.uses.from, d.uses.late, d.seen.list = nil, nil, nil, nil, nil
	for i := range k.Uses {
		s := &k.Uses[i]
		s.At = time.Time{}
		k.Fault = d.answers.To(&apikey.Client{TokenID: s.Token.String(), Address: s.Addr.String(), UserAgent: s.UserAgent,
			Endpoint: s.Endpoint})
	}
}
