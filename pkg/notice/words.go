package notice

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"
	"unicode"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Use is how often a client sent something that it should not any more, or
// from where it never did.
type Use struct {
	Address   string    `json:"address"`
	UserAgent string    `json:"userAgent,omitempty"`
	Requests  int64     `json:"requests,omitempty"`
	LastAt    time.Time `json:"lastAt,omitzero"`
}

// message is what is told, in words.
type message struct {
	apikey.Happening
	title, text string
	data        map[string]any
	cause       string    // of several causes of the event
	lasts       time.Time // until when it lasts at the latest; zero = it is a moment
	digest      bool
	severity    string
}

// The severities, for an Alertmanager.
const (
	info     = "info"
	warning  = "warning"
	critical = "critical"
)

func (m *message) owner() string {
	if m.Key == nil {
		return ""
	}
	return m.Key.Owner
}

// notice makes a notice of it that nobody gets yet.
func (m *message) notice() apikey.Notice {
	n := apikey.Notice{OrgID: m.OrgID, At: m.At, Event: m.Event, Title: oneLine(m.title), Text: apikey.Redact(m.text),
		Cause: m.cause, Lasts: m.lasts, Digest: m.digest}
	data := map[string]any{"title": n.Title, "text": n.Text, "severity": m.severity}
	if m.OrgID != 0 {
		data["orgId"] = m.OrgID
	}
	if k := m.Key; k != nil {
		n.KeyID, n.KeyName, n.Owner = k.ID, oneLine(k.Name), oneLine(k.Owner)
		data["keyId"], data["keyName"], data["owner"] = k.ID, n.KeyName, n.Owner
		data["role"], data["labels"] = k.Role.String(), k.Labels
		if k.Labels == nil {
			data["labels"] = map[string]string{}
		}
	}
	maps.Copy(data, m.data)
	text, err := json.Marshal(data)
	if err != nil {
		text = []byte("{}") // of texts, numbers and times there is always one
	}
	n.Data = apikey.Redact(string(text))
	return n
}

// oneLine makes a text fit for a subject: without tokens, and without anything
// that could begin a line.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, apikey.Redact(s))
}

func name(k *apikey.Key) string { return fmt.Sprintf("%q", k.Name) }

// stamp writes a moment for people.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// span writes a time for people, in its largest unit, rounded.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day:
		return fmt.Sprintf("%d days", d.Round(day)/day)
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", d.Round(time.Hour)/time.Hour)
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d minutes", d.Round(time.Minute)/time.Minute)
	case d >= 3*time.Second/2:
		return fmt.Sprintf("%d seconds", d.Round(time.Second)/time.Second)
	}
	return "one second"
}

// about begins what is told of a key.
func about(h apikey.Happening) *message {
	return &message{Happening: h, data: map[string]any{}, severity: warning}
}

// whose names a key with its owner, for the text.
func whose(k *apikey.Key) string {
	if k.Owner == "" {
		return fmt.Sprintf("The key %s (%s)", name(k), k.ID)
	}
	return fmt.Sprintf("The key %s (%s) of %s", name(k), k.ID, k.Owner)
}

func ending(k *apikey.Key, now time.Time, step time.Duration) *message {
	end := k.EndsAt()
	left := end.Sub(now)
	m := about(apikey.Happening{Event: apikey.EventEnding, OrgID: k.OrgID, At: now, Key: k})
	m.title = fmt.Sprintf("The key %s ends in %s", name(k), span(left))
	m.text = fmt.Sprintf("%s ends on %s, in %s. What uses it is refused from then on. Rotate it and give its users the new token, or extend it. %s",
		whose(k), stamp(end), span(left), lastUse(k))
	m.data["expiresAt"], m.data["step"] = end.UTC(), int64(step/time.Second)
	if !k.Usage.LastAt.IsZero() {
		m.data["lastUsedAt"] = k.Usage.LastAt.UTC()
	}
	m.cause, m.lasts = endCause(step, end), end
	const day = 24 * time.Hour
	m.digest = left > day
	switch {
	case left <= day:
		m.severity = critical
	case left > 14*day:
		m.severity = info
	}
	return m
}

// endCause is what is told of a key's end: of which one, and how long before.
func endCause(step time.Duration, end time.Time) string {
	return fmt.Sprintf("%d/%d", int64(step/time.Second), end.UnixMilli())
}

func lastUse(k *apikey.Key) string {
	switch {
	case k.Usage.LastAt.IsZero():
		return "It was never used."
	case k.Usage.LastFrom == "":
		return fmt.Sprintf("It was last used on %s.", stamp(k.Usage.LastAt))
	}
	return fmt.Sprintf("It was last used on %s from %s.", stamp(k.Usage.LastAt), k.Usage.LastFrom)
}

func ended(k *apikey.Key, now time.Time) *message {
	end := k.EndsAt()
	m := about(apikey.Happening{Event: apikey.EventEnded, OrgID: k.OrgID, At: now, Key: k})
	m.title = fmt.Sprintf("The key %s has ended", name(k))
	m.text = fmt.Sprintf("%s ended on %s. What uses it is refused. %s Rotate or extend it if it is still needed, and delete it if not.",
		whose(k), stamp(end), lastUse(k))
	m.data["expiresAt"] = end.UTC()
	m.cause, m.lasts = momentCause(end), now.Add(24*time.Hour)
	return m
}

func momentCause(t time.Time) string { return fmt.Sprint(t.UnixMilli()) }

func expiredInUse(k *apikey.Key, now time.Time, uses []Use) *message {
	end := k.EndsAt()
	m := about(apikey.Happening{Event: apikey.EventExpiredInUse, OrgID: k.OrgID, At: now, Key: k})
	m.title = fmt.Sprintf("The key %s has ended and is still used", name(k))
	m.text = fmt.Sprintf("%s ended on %s, and somebody still sends it%s. Rotate the key and give them the new token, or extend it, or stop them.",
		whose(k), stamp(end), usesText(uses))
	m.data["expiresAt"], m.data["uses"] = end.UTC(), uses
	m.cause, m.lasts, m.severity = momentCause(end), now.Add(24*time.Hour), critical
	return m
}

func replacedInUse(k *apikey.Key, t *apikey.Token, now time.Time, uses []Use, over bool) *message {
	m := about(apikey.Happening{Event: apikey.EventReplacedInUse, OrgID: k.OrgID, At: now, Key: k, TokenID: t.ID})
	end := k.TokenEndsAt(t)
	m.title = fmt.Sprintf("A replaced token of the key %s is still used", name(k))
	m.data["tokenId"], m.data["uses"], m.data["over"] = t.ID, uses, over
	if over {
		m.text = fmt.Sprintf("The token %s of the key %s was replaced and is refused now, and somebody still sends it%s. Give them the newest token.",
			t.ID, name(k), usesText(uses))
		m.cause, m.severity = t.ID+"/over", critical
	} else {
		m.text = fmt.Sprintf("The token %s of the key %s was replaced and ends on %s, in %s, and somebody still sends it%s. Give them the newest token before.",
			t.ID, name(k), stamp(end), span(end.Sub(now)), usesText(uses))
		m.data["expiresAt"], m.cause = end.UTC(), t.ID+"/overlap"
	}
	m.lasts = now.Add(24 * time.Hour)
	return m
}

// usesText lists who sent something.
func usesText(uses []Use) string {
	const most = 10
	var list []string
	for _, u := range uses[:min(len(uses), most)] {
		list = append(list, u.text())
	}
	if more := len(uses) - len(list); more > 0 {
		list = append(list, fmt.Sprintf("and from %d others", more))
	}
	if len(list) == 0 {
		return ""
	}
	return ": from " + strings.Join(list, "; ")
}

// text names a client, and how often it sent something.
func (u *Use) text() string {
	from := cmp.Or(u.Address, "an unknown address")
	if u.UserAgent != "" {
		from += " (" + u.UserAgent + ")"
	}
	if u.Requests > 1 {
		return fmt.Sprintf("%s, %d requests", from, u.Requests)
	}
	return from
}

func unused(k *apikey.Key, now, since time.Time) *message {
	m := about(apikey.Happening{Event: apikey.EventUnused, OrgID: k.OrgID, At: now, Key: k})
	m.title = fmt.Sprintf("The key %s is unused for %s", name(k), span(now.Sub(since)))
	m.text = fmt.Sprintf("%s is good, and nobody uses it. %s A key that nobody needs is best deleted: it could still be found and used.",
		whose(k), lastUse(k))
	m.data["unusedSince"] = since.UTC()
	m.cause, m.lasts, m.digest, m.severity = momentCause(since), now.Add(apikey.NoticeRetention), true, info
	return m
}

func newAddress(k *apikey.Key, now time.Time, uses []Use) *message {
	m := about(apikey.Happening{Event: apikey.EventNewAddress, OrgID: k.OrgID, At: now, Key: k})
	m.title = fmt.Sprintf("The key %s was used from a new address", name(k))
	m.text = fmt.Sprintf("%s was used from where it never was%s. If you do not know who that is, rotate the key without an overlap, or limit it to addresses.",
		whose(k), usesText(uses))
	m.data["uses"] = uses
	return m
}

func limited(k *apikey.Key, now time.Time, uses []Use) *message {
	m := about(apikey.Happening{Event: apikey.EventLimited, OrgID: k.OrgID, At: now, Key: k})
	m.title = fmt.Sprintf("The key %s meets its limits", name(k))
	m.text = fmt.Sprintf("%s asked for more than its limits allow and was refused%s. Raise its limits if it needs more, and look at its users if not.",
		whose(k), usesText(uses))
	m.data["uses"], m.data["limits"] = uses, k.Limits
	m.lasts = now.Add(time.Hour)
	return m
}

// told puts what the Service reports into words.
func told(h apikey.Happening) *message {
	m := about(h)
	k := h.Key
	if h.From != "" {
		m.data["from"] = h.From
	}
	if h.Actor != "" {
		m.data["actor"] = h.Actor
	}
	switch h.Event {
	case apikey.EventAdminCreated:
		m.title = fmt.Sprintf("The key %s may manage keys", name(k))
		m.text = fmt.Sprintf("%s has the role Admin now, with which all keys can be managed. %s If you do not know why, revoke the key.",
			whose(k), did(h))
		if !k.EndsAt().IsZero() {
			m.data["expiresAt"] = k.EndsAt().UTC()
		}
	case apikey.EventLeaked:
		m.severity = critical
		m.data["tokenId"], m.data["where"] = h.TokenID, h.Where
		m.title = fmt.Sprintf("A token of the key %s was found in the open", name(k))
		found := fmt.Sprintf("A token of the key %s (%s) was found where it does not belong", name(k), k.ID)
		if h.Where != "" {
			found = fmt.Sprintf("A token of the key %s (%s) was found where it does not belong: %s", name(k), k.ID, h.Where)
		}
		if t := k.Token(h.TokenID); k.RevokedAt.IsZero() && t != nil {
			m.data["expiresAt"] = k.TokenEndsAt(t).UTC()
			m.text = fmt.Sprintf("%s. It works until %s. Rotate the key before, and remove the token where it was found.",
				found, stamp(k.TokenEndsAt(t)))
		} else {
			m.text = found + ". The key was revoked. Make another for its users, and remove the token where it was found."
		}
	case apikey.EventTakenOver:
		m.severity = info
		m.data["tokenId"] = h.TokenID
		m.title = fmt.Sprintf("The key %s was used here for the first time", name(k))
		m.text = fmt.Sprintf("%s was taken over from %s and was used here for the first time. Its users have moved.",
			whose(k), h.Origin.System)
		m.data["system"] = h.Origin.System
	}
	return m
}

// did says who has done what happened.
func did(h apikey.Happening) string {
	if h.From == "" {
		return fmt.Sprintf("%s did that.", h.Actor)
	}
	return fmt.Sprintf("%s did that from %s.", h.Actor, h.From)
}

func test(orgID int64, now time.Time, actor string) *message {
	m := about(apikey.Happening{Event: apikey.EventTest, OrgID: orgID, At: now, Actor: actor})
	m.severity = info
	m.title = "Notices of Ostiary arrive here"
	m.text = actor + " asked Ostiary to send this, to see whether notices arrive. Nothing is to be done."
	m.data["actor"] = actor
	return m
}

func signInRefused(now time.Time, address string, count int, code apikey.Code) *message {
	m := about(apikey.Happening{Event: apikey.EventSignInRefused, At: now, From: address})
	m.title = "Somebody tries to manage keys, and is refused"
	m.text = fmt.Sprintf("%d requests to manage keys from %s were refused in the last %s; of the last one the reason was %s. If that is no program with an old key, keep the address away from the management listener.",
		count, address, span(refusalSpan), code)
	m.data["from"], m.data["requests"], m.data["code"] = address, count, code
	m.lasts = now.Add(time.Hour)
	return m
}

// trouble is what is told of a server itself.
func trouble(e apikey.Event, server, why string, began time.Time) *message {
	m := about(apikey.Happening{Event: e, At: began})
	m.severity = critical
	m.data["server"], m.data["reason"] = server, why
	m.cause, m.lasts = server, began.Add(apikey.NoticeRetention)
	switch e {
	case apikey.EventGateClosed:
		m.title = "The gate of " + server + " is closed"
		m.text = fmt.Sprintf("The gate of the server %s answers every request with 503 since %s, because nothing can be decided: %s. Look at the server and its store.",
			server, stamp(began), why)
	case apikey.EventStoreFull:
		m.title = "The key store of " + server + " cannot be written to"
		m.text = fmt.Sprintf("The server %s cannot write to its key store since %s: %s", server, stamp(began), why)
	default:
		m.title = "The key store of " + server + " is away"
		m.text = fmt.Sprintf("The server %s cannot reach its key store since %s. Keys that it knows go on working for a while; nothing can be changed. Look at the store.",
			server, stamp(began))
	}
	return m
}
