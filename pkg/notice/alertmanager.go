package notice

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// How alerts are kept up: an alert that nobody speaks of any more ends by
// itself, as when the server is gone.
const (
	alertLife    = 10 * time.Minute
	alertRefresh = 3 * time.Minute
	momentLife   = time.Hour // of an alert about a moment
	maxAlerts    = 2000
)

// alertSender posts alerts to an Alertmanager, over its API v2.
type alertSender struct {
	url    *url.URL
	client *http.Client
}

func newAlertSender(a *Alertmanager) *alertSender {
	return &alertSender{url: a.URL.JoinPath("api/v2/alerts"), client: newClient()}
}

// alert is one as the API takes it.
type alert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"`
}

func (s *alertSender) send(ctx context.Context, notices []apikey.Notice, now time.Time) error {
	list := make([]alert, len(notices))
	for i := range notices {
		list[i] = alertOf(&notices[i], now)
	}
	body, err := json.Marshal(list)
	if err != nil {
		return err
	}
	return post(ctx, s.client, s.url, body, http.Header{})
}

// alertOf describes a notice as an alert that goes on for a while from now, or
// has ended if its cause is over.
func alertOf(n *apikey.Notice, now time.Time) alert {
	var data struct {
		Severity string            `json:"severity"`
		Labels   map[string]string `json:"labels"`
		TokenID  string            `json:"tokenId"`
		Server   string            `json:"server"`
		From     string            `json:"from"`
	}
	_ = json.Unmarshal([]byte(n.Data), &data) // which has what it has
	a := alert{
		Labels:      map[string]string{"alertname": alertName(n.Event), "event": string(n.Event)},
		Annotations: map[string]string{"summary": n.Title, "description": n.Text},
		StartsAt:    n.At.UTC(), EndsAt: n.At.Add(momentLife).UTC(),
	}
	if !n.Lasts.IsZero() {
		a.EndsAt = now.Add(alertLife).UTC()
		if n.Lasts.Before(a.EndsAt) {
			a.EndsAt = n.Lasts.UTC()
		}
	}
	if !a.StartsAt.Before(a.EndsAt) {
		a.StartsAt = a.EndsAt.Add(-time.Millisecond)
	}
	for name, value := range map[string]string{
		"severity": data.Severity, "key_id": n.KeyID, "key": n.KeyName, "owner": n.Owner, "token_id": data.TokenID,
		"server": data.Server, "address": data.From,
	} {
		if value != "" {
			a.Labels[name] = value
		}
	}
	for name, value := range data.Labels {
		a.Labels["label_"+strings.ReplaceAll(name, "-", "_")] = value
	}
	return a
}

// alertName is the event as Prometheus' rules are named: OstiaryKeyEnding.
func alertName(e apikey.Event) string {
	var b strings.Builder
	b.WriteString("Ostiary")
	for part := range strings.FieldsFuncSeq(string(e), func(r rune) bool { return r == '.' || r == '_' }) {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// alerts remembers when they were last kept up.
type alerts struct {
	mu   sync.Mutex
	last time.Time
}

func (a *alerts) due(now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.Sub(a.last) < alertRefresh {
		return false
	}
	a.last = now
	return true
}

// again lets them be kept up at once.
func (a *alerts) again() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last = time.Time{}
}

// refreshAlerts tells every Alertmanager again which causes last, and which are
// over. Every server does so, because an Alertmanager takes the same alert twice
// as one; but each speaks of its own troubles alone, and those of one that is
// gone end by themselves.
func (n *Notices) refreshAlerts(ctx context.Context) {
	now := n.now()
	if !n.alerts.due(now) {
		return
	}
	for _, c := range n.live.Load().channels {
		if c.kind == kindAlertmanager {
			n.refreshAlertsOf(ctx, c, now)
		}
	}
}

func (n *Notices) refreshAlertsOf(ctx context.Context, c *channel, now time.Time) {
	list, err := n.store.Notices(ctx, apikey.NoticeQuery{Anybody: true, State: apikey.NoticeDelivered, ChannelID: c.id,
		LastsTill: now, Limit: maxAlerts})
	if err != nil {
		list = nil
	}
	var over []apikey.Notice
	list = slices.DeleteFunc(list, func(one apikey.Notice) bool {
		return isTrouble(one.Event) && one.Cause != n.opts.Server
	})
	for i := range list {
		lasts, err := n.lasts(ctx, &list[i], now)
		if err == nil && !lasts {
			list[i].Lasts = now
			over = append(over, list[i])
		}
	}
	list = append(list, n.local.lasting(c.id, now)...)
	if len(list) == 0 {
		return
	}
	limited, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if err := c.sender.send(limited, list, now); err != nil {
		n.logger.Warn("alerts could not be kept up; they end by themselves until they are",
			"to", Place(c.Alertmanager.URL), "error", err)
		return
	}
	if len(over) > 0 {
		_ = n.store.SettleNotices(ctx, n.id, over) // otherwise it is told again
	}
}

// lasts reports whether the cause of a notice is still there.
func (n *Notices) lasts(ctx context.Context, one *apikey.Notice, now time.Time) (bool, error) {
	if one.KeyID == "" {
		return !isTrouble(one.Event) || n.health.has(one.Event), nil
	}
	k, err := n.store.Key(ctx, one.OrgID, one.KeyID)
	if apikey.ErrorCode(err) == apikey.CodeNotFound {
		return false, nil
	}
	if err != nil {
		return true, err
	}
	end := k.EndsAt()
	switch one.Event {
	case apikey.EventEnding:
		return k.State(now) == apikey.StateActive && !end.IsZero() &&
			one.Cause == endCause(n.live.Load().step(end.Sub(now)), end), nil
	case apikey.EventEnded, apikey.EventExpiredInUse:
		return k.State(now) == apikey.StateExpired && one.Cause == momentCause(end), nil
	case apikey.EventUnused:
		return k.State(now) == apikey.StateActive && one.Cause == momentCause(lastSign(k)), nil
	}
	return k.State(now) != apikey.StateRevoked, nil
}
