package keys

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// keyDetails shows one key.
type keyDetails struct {
	host *page.Host
	of   *details

	name  *kit.Label
	state *kit.Pill
	soon  *kit.Pill

	buttons     map[state.Action]*kit.Button
	mild, final *fyne.Container   // the buttons of what can be undone or asks for more, and of the end
	either      fyne.CanvasObject // the button that pauses a key, or the one that enables it

	id          *kit.Label
	description *fact
	tokens      *tokenList
	clients     *clientList
	facts       map[string]*fact

	used    *kit.Label
	count   *kit.Label      // of the uses in all
	counted *fyne.Container // the line with it
	chart   *chart
	rules   *ruleList
	use     *api.KeyUsage // what the chart shows; nil until it was read
	uses    int64         // in all, when it was read
	useRead time.Time     // when it was

	trail   *fyne.Container // a line for each of the newest entries
	lines   []*trailLine
	unread  *kit.Paragraph   // why there is no trail
	entries []api.AuditEntry // those in the trail

	scroll *kit.Scroll
	root   fyne.CanvasObject
}

func newKeyDetails(h *page.Host, of *details) *keyDetails {
	w := h.Words
	d := &keyDetails{
		host: h, of: of, name: kit.Heading("").Cut(40), state: kit.NewPill("", "", ""),
		soon: kit.NewPill(w.T("time.expires-soon"), kit.ColorWarn, kit.ColorWarnTint),
		id:   kit.Mono(""), tokens: newTokenList(h), clients: newClientList(h), facts: map[string]*fact{},
		used: kit.NewLabel("").Cut(40), count: kit.Caption(""), chart: newChart(h), rules: newRuleList(h),
		trail: kit.Column(10), unread: kit.Note("", kit.ColorBad),
	}
	d.tokens.sent = d.clients.whoSends
	d.clients.onRead = func() {
		d.tokens.show(of.key)
		kit.Relayout(d.root)
	}
	facts := kit.Column(12)
	copied := h.IconButton("copy", w.T("key.copy-id"), func() {
		h.Fyne.Clipboard().SetContent(of.key.ID)
		h.Toasts.Good(w.T("key.id-copied"))
	})
	facts.Add(kit.Column(0, kit.Caption(w.T("key.id")), container.NewBorder(nil, nil, nil, copied, d.id)))
	d.description = &fact{text: kit.NewParagraph("", kit.Plain)}
	d.description.object = kit.Column(2, kit.Caption(w.T("key.description")), d.description.text)
	facts.Add(d.description.object)
	for _, about := range keyFacts {
		f := &fact{}
		if about.long {
			f.text = kit.NewParagraph("", kit.Plain)
			f.object = kit.Column(2, kit.Caption(w.T(about.name)), f.text)
		} else {
			f.value = kit.NewLabel("").Cut(40)
			f.object = kit.Column(2, kit.Caption(w.T(about.name)), f.value)
		}
		d.facts[about.name] = f
		facts.Add(f.object)
	}
	d.counted = container.NewBorder(nil, nil, kit.Bold(w.T("filter.use")), kit.Middle(d.count))
	use := kit.Column(6, d.counted, d.used, d.chart, d.rules.object)
	d.trail.Add(d.unread)
	for range trailLength {
		l := newTrailLine(w)
		d.lines = append(d.lines, l)
		d.trail.Add(l.object)
	}
	trail := kit.Column(8, kit.Bold(w.T("audit.title")), d.trail)
	parts := kit.Column(16, facts, kit.Hairline(), d.tokens.object, kit.Hairline(), d.clients.object, kit.Hairline(),
		use, kit.Hairline(), trail)
	d.scroll = kit.Scrolled(kit.Padded(0, 16, 16, 16, parts))
	d.root = container.NewBorder(
		kit.Column(12,
			kit.Padded(16, 16, 0, 16, kit.Column(8, d.name, kit.Row(6, d.state, d.soon), d.offers())),
			kit.Hairline()),
		nil, nil, nil, kit.Padded(14, 0, 0, 0, d.scroll))
	return d
}

// offers are the buttons for what can be done to a key.
func (d *keyDetails) offers() fyne.CanvasObject {
	h := d.host
	d.buttons = map[state.Action]*kit.Button{}
	d.mild, d.final = container.New(&kit.Fitted{Gap: 8}), container.New(&kit.Fitted{Gap: 8})
	for _, a := range actions {
		text := "action." + string(a.action)
		if a.action == state.ActionPause { // there is little room
			text = "brown.button"
		}
		b := kit.NewButton(h.Words.T(text), "", h.Keys(), func() { act(h, a.action, d.of.key) })
		d.buttons[a.action] = b
		if a.action.Final() {
			b.Importance = kit.ImportanceBad
		}
	}
	d.either = kit.Either(d.buttons[state.ActionPause], d.buttons[state.ActionEnable])
	return kit.Column(8, d.mild, d.final)
}

// offer shows the buttons for what can be done to the key now. Those that disable and enable it keep their places, or
// who presses one twice would hit another one.
func (d *keyDetails) offer(k api.Key) {
	var mild, final []fyne.CanvasObject
	enable, disable := state.ActionEnable.Allowed(k), state.ActionDisable.Allowed(k)
	kit.Display(d.buttons[state.ActionEnable], enable)
	kit.Display(d.buttons[state.ActionPause], !enable)
	if disable {
		d.buttons[state.ActionDisable].Enable()
	} else {
		d.buttons[state.ActionDisable].Disable()
	}
	for _, a := range actions {
		switch {
		case a.action == state.ActionDisable && enable:
			mild = append(mild, d.buttons[a.action])
		case a.action == state.ActionPause, a.action == state.ActionEnable: // either is the last
		case !a.action.Allowed(k):
		case a.action.Final():
			final = append(final, d.buttons[a.action])
		default:
			mild = append(mild, d.buttons[a.action])
		}
	}
	if enable || disable {
		mild = append(mild, d.either)
	}
	for group, buttons := range map[*fyne.Container][]fyne.CanvasObject{d.mild: mild, d.final: final} {
		if slices.Equal(group.Objects, buttons) {
			continue
		}
		group.Objects = buttons
		kit.Display(group, len(buttons) > 0)
		kit.Relayout(group)
	}
}

// show shows a key. Same is whether it was shown before: then what was read of
// it stays until it is read again.
func (d *keyDetails) show(k api.Key, same bool) {
	w := d.host.Words
	d.name.SetText(k.Name)
	forms.SetState(d.state, w, k.State)
	kit.Display(d.soon, state.EndsSoon(k, w.Now()))
	d.offer(k)
	d.id.SetText(k.ID)
	d.description.set(w.Described(k.Description))
	d.clients.show(k, same)
	d.tokens.show(k)
	values := factsOf(w, k)
	for name, f := range d.facts {
		f.set(values[name])
	}
	used := w.T("details.unused")
	if k.LastUsedAt != nil {
		used = w.Relative(*k.LastUsedAt)
		if k.LastUsedFrom != "" {
			used += " · " + w.T("key.from", "address", k.LastUsedFrom)
		}
	}
	d.used.SetText(used)
	if !same {
		d.use = nil
		d.chart.show(nil, "")
		d.rules.show(k, nil)
		d.showTrail(nil)
	}
	d.showTotal()
	kit.Display(d.chart, k.UseCount > 0 || same && d.chart.Visible())
	if !same {
		d.scroll.ScrollToTop()
	}
}
