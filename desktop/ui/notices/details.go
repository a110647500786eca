package notices

import (
	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// details shows one notice as a whole, leads to its key, and has it sent again.
type details struct {
	page *Page
	n    api.Notice

	what       *kit.Label
	state      *kit.Pill
	key, retry *kit.Button
	buttons    *fyne.Container
	frame      *page.Details
}

func newDetails(p *Page) *details {
	h, w := p.host, p.host.Words
	d := &details{page: p, what: kit.Heading("").Cut(40), state: kit.NewPill("", "", "")}
	d.key = kit.NewButton(w.T("verify.to-key"), "key", h.Keys(), func() { h.ShowKey(d.n.KeyID) })
	d.retry = kit.NewButton(w.T("notices.retry"), "rotate", h.Keys(), func() { p.retry(d.n.ID) })
	d.buttons = kit.Column(8)
	d.frame = page.NewDetails(w, "notices.none-chosen", kit.Column(10, d.what, kit.Row(6, d.state), d.buttons),
		"audit.when", "audit.key", "key.owner", "notices.text", "notices.to", "notices.tries", "notices.next-try",
		"notices.arrived-at", "notices.why-not")
	return d
}

// show shows a notice.
func (d *details) show(n api.Notice) {
	w := d.page.host.Words
	d.n = n
	d.what.SetText(eventName(w, n.Event))
	setState(d.state, w, n.State)
	d.offer()
	key, text := n.KeyName, n.Text
	if key == "" {
		key = n.KeyID
	}
	if text == "" {
		text = n.Title
	}
	tries, next, arrived := "", "", ""
	if n.Attempts > 0 {
		tries = w.Number(int64(n.Attempts))
	}
	if n.NextAt != nil {
		next = w.Relative(*n.NextAt)
	}
	if n.DeliveredAt != nil {
		arrived = w.Moment(*n.DeliveredAt)
	}
	d.frame.Show(n.ID, w.Second(n.At)+" · "+w.Relative(n.At), key, n.Owner, w.FromServer(text),
		n.To+" · "+channelName(w, n.Channel), tries, next, arrived, w.FromServer(n.Error))
}

// offer shows the buttons for what can be done with the notice.
func (d *details) offer() {
	d.buttons.Objects = nil
	if d.n.KeyID != "" {
		d.buttons.Add(d.key)
	}
	if d.n.State != apikey.NoticeDelivered {
		d.buttons.Add(d.retry)
	}
	kit.Display(d.buttons, len(d.buttons.Objects) > 0)
}

// setState shows how far a notice has come.
func setState(p *kit.Pill, w *words.Words, s apikey.NoticeState) {
	color, tint := kit.ColorQuiet, kit.ColorQuietTint
	switch s {
	case apikey.NoticeDelivered:
		color, tint = kit.ColorGood, kit.ColorGoodTint
	case apikey.NoticeFailed:
		color, tint = kit.ColorBad, kit.ColorBadTint
	case apikey.NoticePending:
	}
	p.Set(stateWord(w, s), color, tint)
}

func stateWord(w *words.Words, s apikey.NoticeState) string {
	switch s {
	case apikey.NoticePending:
		return w.T("notices.pending")
	case apikey.NoticeDelivered:
		return w.T("notices.delivered")
	case apikey.NoticeFailed:
		return w.T("notices.not-delivered")
	}
	return string(s)
}

// eventTexts say what notices are about, in a few words.
var eventTexts = map[apikey.Event]string{
	apikey.EventEnding: "notice.key-ending", apikey.EventEnded: "notice.key-ended",
	apikey.EventExpiredInUse: "notice.key-expired-in-use", apikey.EventReplacedInUse: "notice.key-replaced-in-use",
	apikey.EventUnused: "notice.key-unused", apikey.EventNewAddress: "notice.key-new-address",
	apikey.EventLimited: "notice.key-limited", apikey.EventTakenOver: "notice.key-taken-over",
	apikey.EventAdminCreated: "notice.key-admin-created", apikey.EventLeaked: "notice.key-leaked",
	apikey.EventSignInRefused: "notice.signin-refused", apikey.EventGateClosed: "notice.gate-closed",
	apikey.EventStoreAway: "notice.store-away", apikey.EventStoreFull: "notice.store-full",
	apikey.EventTest: "notice.test",
}

// eventName says what a notice is about; one that is newer than this program appears as the server calls it.
func eventName(w *words.Words, e apikey.Event) string {
	if text, ok := eventTexts[e]; ok {
		return w.T(text)
	}
	return string(e)
}

// channelName says through what a notice goes; Alertmanager is called so everywhere.
func channelName(w *words.Words, channel string) string {
	switch channel {
	case "webhook":
		return w.T("notices.webhook")
	case "email":
		return w.T("notices.email")
	case "alertmanager":
		return "Alertmanager"
	}
	return channel
}
