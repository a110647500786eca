package notice_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/notice"
)

// TestRetries tries with growing pauses for a day, each time with the same id,
// and then keeps what did not arrive until somebody has it sent again.
func TestRetries(t *testing.T) {
	r := newReceiver(t)
	r.answer(http.StatusInternalServerError)
	w := newWorld(t, config(r.channel(t)))
	w.create(t, "edge", time.Hour)
	began := w.clock.Now()
	w.round(t, 0)
	attempts := r.take()
	require.Len(t, attempts, 1)
	id := attempts[0].ID
	one := w.list(t)[0]
	require.Equal(t, id, one.ID)
	require.Equal(t, apikey.NoticePending, one.State)
	require.Equal(t, "the receiver answered 500 Internal Server Error", one.Error)

	n, last, pause := 1, w.clock.Now(), time.Duration(0)
	for w.list(t)[0].State == apikey.NoticePending {
		w.clock.pass(time.Second)
		w.Deliver(t.Context())
		for _, again := range r.take() {
			require.Equal(t, id, again.ID)
			now := w.clock.Now()
			if now.Sub(began) < 23*time.Hour {
				require.GreaterOrEqual(t, now.Sub(last), pause, "the pauses grow")
			}
			last, pause, n = now, now.Sub(last), n+1
		}
		require.Less(t, w.clock.Now().Sub(began), 26*time.Hour)
		w.clock.pass(min(time.Minute, max(0, w.list(t)[0].NextAt.Sub(w.clock.Now())-time.Second)))
	}
	require.Greater(t, w.clock.Now().Sub(began), 23*time.Hour)
	require.InDelta(t, 19, n, 4)
	one = w.list(t)[0]
	require.Equal(t, apikey.NoticeFailed, one.State)
	require.Equal(t, n, one.Attempts)
	require.Contains(t, w.log.String(), "a notice could not be delivered")
	w.clock.pass(day)
	w.Deliver(t.Context())
	require.Empty(t, r.take(), "nobody tries any longer")

	r.answer(http.StatusOK)
	_, err := w.service.RetryNotice(manager(t), id)
	require.NoError(t, err)
	w.Deliver(t.Context())
	require.Equal(t, id, r.take()[0].ID)
	one = w.list(t)[0]
	require.Equal(t, apikey.NoticeDelivered, one.State)
	require.Empty(t, one.Error)
	w.Deliver(t.Context())
	require.Empty(t, r.take())
}

// TestReceivers tries receivers that are not as they should be. What the list
// says of them holds nothing that was secret, neither theirs nor ours.
func TestReceivers(t *testing.T) {
	elsewhere := newReceiver(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	refused := gone.URL
	gone.Close()
	echo := func(status int, header ...string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(status)
			for range 1 << 12 {
				_, _ = fmt.Fprintln(w, strings.Repeat("echo ", 50), req.URL, req.Header)
			}
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	hang := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body) // or the server would not see that the client has gone
		<-req.Context().Done()
	}))
	t.Cleanup(hang.Close)
	for name, c := range map[string]struct {
		url   string
		state apikey.NoticeState
		says  string
		after time.Duration
	}{
		"nobody is there":   {refused, apikey.NoticePending, "could not be reached", 5 * time.Second},
		"no such place":     {echo(404), apikey.NoticePending, "answered 404", 5 * time.Second},
		"a redirect":        {echo(307, "Location", elsewhere.URL), apikey.NoticePending, "sent the notice elsewhere", 5 * time.Second},
		"gone":              {echo(410), apikey.NoticeFailed, "410 Gone", 0},
		"too many":          {echo(429, "Retry-After", "600"), apikey.NoticePending, "answered 429", 10 * time.Minute},
		"takes it, at long": {echo(200), apikey.NoticeDelivered, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			u, err := url.Parse(strings.Replace(c.url, "http://", "http://me:pass-in-url@", 1) + "/path-secret?q=query-secret")
			require.NoError(t, err)
			w := newWorld(t, config(notice.Channel{Webhook: &notice.Webhook{URL: u, Secret: secret}}))
			w.create(t, "edge", time.Hour)
			w.round(t, 0)
			one := w.list(t)[0]
			require.Equal(t, c.state, one.State, one.Error)
			require.Contains(t, one.Error, c.says)
			if c.state == apikey.NoticePending {
				require.Equal(t, c.after, one.NextAt.Sub(w.clock.Now()))
			}
			for _, text := range []string{one.Error, one.To, one.Text, one.Data, one.ChannelID, w.log.String()} {
				for _, hidden := range []string{"pass-in-url", "path-secret", "query-secret", secret, "echo"} {
					require.NotContains(t, text, hidden)
				}
			}
		})
	}
	require.Empty(t, elsewhere.take())

	// One that hangs holds nobody up but itself, and ends with the server.
	good := newReceiver(t)
	u, err := url.Parse(hang.URL)
	require.NoError(t, err)
	w := newWorld(t, config(notice.Channel{Webhook: &notice.Webhook{URL: u, Secret: secret}}, good.channel(t)))
	w.create(t, "edge", time.Hour)
	w.Observe(t.Context())
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); w.Deliver(ctx) }()
	require.Eventually(t, func() bool { return len(good.take()) == 1 }, time.Minute, time.Millisecond)
	stop()
	<-done
	for _, one := range w.list(t) {
		if one.State != apikey.NoticeDelivered {
			require.Zero(t, one.Attempts, "it was cut off, and is due at the next start")
		}
	}
}

// TestFilters sends each channel what it wants, and nothing else.
func TestFilters(t *testing.T) {
	all, keys, team, signins := newReceiver(t), newReceiver(t), newReceiver(t), newReceiver(t)
	ofKeys, ofTeam, ofSignIns := keys.channel(t), team.channel(t), signins.channel(t)
	ofKeys.Events = []string{"key.*"}
	ofTeam.Labels = map[string]string{"team": "sre"}
	ofSignIns.Events = []string{"signin.refused", "gate.*"}
	w := newWorld(t, config(all.channel(t), ofKeys, ofTeam, ofSignIns))
	w.create(t, "mine", time.Hour, func(n *apikey.NewKey) { n.Labels = map[string]string{"team": "sre"} })
	w.create(t, "theirs", time.Hour, func(n *apikey.NewKey) { n.Labels = map[string]string{"team": "other"} })
	for range 4 {
		w.SignInRefused(netip.MustParseAddr("192.0.2.66"), apikey.CodeInvalidToken)
	}
	w.round(t, 0)
	require.Empty(t, signins.take(), "four are no five")
	require.Len(t, all.take(), 2)
	for i := range 7 {
		w.SignInRefused(netip.MustParseAddr("192.0.2.66"), apikey.CodeInvalidToken)
		w.SignInRefused(netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}), apikey.CodeInvalidToken)
	}
	w.round(t, 0)
	require.Equal(t, []apikey.Event{apikey.EventSignInRefused}, events(all.take()), "once, and not those of others")
	require.Equal(t, []apikey.Event{apikey.EventEnding, apikey.EventEnding}, events(keys.take()))
	got := team.take()
	require.Len(t, got, 1)
	require.Equal(t, "mine", got[0].Data.KeyName)
	require.Contains(t, signins.take()[0].Data.Text, "from 192.0.2.66 were refused")
	for range 9 {
		w.SignInRefused(netip.MustParseAddr("192.0.2.66"), apikey.CodeInvalidToken)
	}
	w.round(t, time.Minute)
	require.Empty(t, signins.take())
	w.clock.pass(time.Hour)
	for range 5 {
		w.SignInRefused(netip.MustParseAddr("192.0.2.66"), apikey.CodeInvalidToken)
	}
	w.round(t, 0)
	require.Len(t, signins.take(), 1)
}

// TestChangesOfAConfiguration takes up another one: what waits for a channel
// that is gone is left to others, and one that comes is told what happens now.
func TestChangesOfAConfiguration(t *testing.T) {
	first, second := newReceiver(t), newReceiver(t)
	first.answer(http.StatusInternalServerError)
	w := newWorld(t, config(first.channel(t)))
	w.create(t, "edge", time.Hour, func(n *apikey.NewKey) { n.Role = apikey.RoleAdmin })
	w.round(t, 0)
	require.Equal(t, []apikey.Event{apikey.EventAdminCreated, apikey.EventEnding}, events(first.take()))
	require.NoError(t, w.Configure(config(second.channel(t))))
	w.create(t, "other", time.Hour)
	w.round(t, time.Minute)
	require.Equal(t, []apikey.Event{apikey.EventEnding}, events(second.take()))
	require.Empty(t, first.take())
	require.NoError(t, w.Configure(notice.Config{}))
	w.create(t, "third", time.Hour)
	w.round(t, time.Minute)
	require.Empty(t, second.take())

	bad := config(second.channel(t))
	bad.To[0].Webhook.Secret = "whsec_short"
	require.Error(t, w.Configure(bad))
}

// TestTest sends one through every channel, whatever it wants, and says how
// that went.
func TestTest(t *testing.T) {
	good, bad := newReceiver(t), newReceiver(t)
	bad.answer(http.StatusForbidden)
	ofGates := good.channel(t)
	ofGates.Events, ofGates.Labels = []string{"gate.closed"}, map[string]string{"team": "sre"}
	w := newWorld(t, config(ofGates, bad.channel(t)))
	list, err := w.Test(manager(t))
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, apikey.NoticeDelivered, list[0].State)
	require.Equal(t, apikey.NoticeFailed, list[1].State)
	require.Contains(t, list[1].Error, "403")
	require.Equal(t, apikey.EventTest, good.take()[0].Type)
	require.Len(t, w.list(t), 2)
	w.round(t, day)
	require.Len(t, bad.take(), 1, "it is tried once")

	_, err = w.Test(t.Context())
	require.Equal(t, apikey.CodeUnauthenticated, apikey.ErrorCode(err))
	require.NoError(t, w.Configure(notice.Config{}))
	_, err = w.Test(manager(t))
	require.Equal(t, apikey.CodeConflict, apikey.ErrorCode(err))
}

// TestSecrets takes what Standard Webhooks' libraries take, and what cannot be
// guessed.
func TestSecrets(t *testing.T) {
	for secret, good := range map[string]bool{
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw": true,
		"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw":       true,
		"a-long-and-random-text-of-one's-own":    true,
		"whsec_not base64":                       false,
		"whsec_c2hvcnQ=":                         false,
		"short":                                  false,
		"":                                       false,
	} {
		_, err := notice.ParseSecret(secret)
		require.Equal(t, good, err == nil, "%q: %v", secret, err)
		if err != nil && secret != "" {
			require.NotContains(t, err.Error(), secret)
		}
	}
}
