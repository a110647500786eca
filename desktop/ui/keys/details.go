package keys

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

const (
	detailsWidth = 320
	trailLength  = 20 // entries of the audit trail in a key's details
)

// details shows one key, its use and its audit trail, or what can be done to
// several. Its parts are made once and show one key after another: a window in
// which a thousand keys were looked at is no bigger than one with ten.
type details struct {
	host   *page.Host
	key    api.Key
	shown  bool // key is
	wanted bool // there is something to show

	nothing fyne.CanvasObject
	one     *keyDetails
	many    *manyDetails
	body    *fyne.Container
	root    fyne.CanvasObject
}

func newDetails(h *page.Host) *details {
	w := h.Words
	d := &details{host: h, body: container.NewStack()}
	d.nothing = container.NewCenter(kit.Column(6,
		container.NewCenter(kit.Muted(w.T("details.none"))), container.NewCenter(kit.Caption(w.T("details.hint")))))
	d.one, d.many = newKeyDetails(h, d), newManyDetails(h)
	d.root = kit.Card(d.body)
	d.none()
	return d
}

func (d *details) object() fyne.CanvasObject { return d.root }

// none says that no key is chosen.
func (d *details) none() {
	d.shown, d.wanted = false, false
	d.turn(d.nothing)
}

// several offers what can be done to several keys.
func (d *details) several(keys []api.Key, unchoose func()) {
	d.shown, d.wanted = false, true
	d.many.show(keys, unchoose)
	d.turn(d.many.root)
}

// show shows a key. One that is shown already and has not changed only gets
// its chart and trail read again.
func (d *details) show(k api.Key) {
	same := d.shown && k.ID == d.key.ID
	if !same || !reflect.DeepEqual(k, d.key) {
		d.key, d.shown, d.wanted = k, true, true
		d.one.show(k, same)
		d.turn(d.one.root)
		kit.Relayout(d.one.root)
	}
	d.one.readUse()
	d.one.readTrail()
}

// tick reads what changes without a change of the key, and draws the words about
// times that are no longer true.
func (d *details) tick() {
	if d.shown {
		soon, tokens := d.one.soon.Visible(), d.one.tokens.said()
		d.one.show(d.key, true)
		if soon != d.one.soon.Visible() || tokens != d.one.tokens.said() {
			kit.Relayout(d.one.root)
		}
		d.one.readUse()
		d.one.readTrail()
	}
}

// turn shows one of the three.
func (d *details) turn(to fyne.CanvasObject) {
	if len(d.body.Objects) == 1 && d.body.Objects[0] == to {
		return
	}
	d.body.Objects = []fyne.CanvasObject{to}
	d.body.Refresh()
}

// manyDetails counts the chosen keys by their states, and offers what can be
// done to all of them.
type manyDetails struct {
	host     *page.Host
	keys     []api.Key
	unchoose func()

	title   *kit.Label
	counts  map[apikey.State]*kit.Label
	lines   map[apikey.State]fyne.CanvasObject
	buttons map[state.Action]*kit.Button
	root    fyne.CanvasObject
}

func newManyDetails(h *page.Host) *manyDetails {
	d := &manyDetails{
		host: h, title: kit.Heading("").Cut(40), buttons: map[state.Action]*kit.Button{},
		counts: map[apikey.State]*kit.Label{}, lines: map[apikey.State]fyne.CanvasObject{},
	}
	lines := kit.Column(10)
	for _, s := range apikey.States() {
		badge := kit.NewPill("", "", "")
		forms.SetState(badge, h.Words, s)
		d.counts[s] = kit.NewLabel("")
		d.lines[s] = container.NewBorder(nil, nil, badge, d.counts[s])
		lines.Add(d.lines[s])
	}
	buttons := func(actions ...state.Action) fyne.CanvasObject {
		r := container.New(&kit.Fitted{Gap: 8})
		for _, a := range actions {
			b := kit.NewButton(h.Words.T("action."+string(a)), "", h.Keys(), func() { showBulk(h, a, d.keys) })
			if a == state.ActionRevoke || a == state.ActionDelete {
				b.Importance = kit.ImportanceBad
			}
			d.buttons[a] = b
			r.Add(b)
		}
		return r
	}
	clearing := h.IconButton("close", h.Words.T("keys.clear"), func() { d.unchoose() })
	d.root = container.NewBorder(kit.Column(14,
		kit.Padded(16, 16, 0, 16, kit.Column(14,
			container.NewBorder(nil, nil, nil, clearing, d.title),
			kit.Column(8,
				buttons(state.ActionEnable, state.ActionDisable),
				buttons(state.ActionRevoke, state.ActionDelete)))),
		kit.Hairline()), nil, nil, nil, kit.Padded(14, 0, 0, 0, kit.Scrolled(kit.Padded(0, 16, 16, 16, lines))))
	return d
}

func (d *manyDetails) show(keys []api.Key, unchoose func()) {
	d.keys, d.unchoose = keys, unchoose
	w, counts := d.host.Words, map[apikey.State]int{}
	for _, k := range keys {
		counts[k.State]++
	}
	d.title.SetText(w.N("keys.chosen", len(keys)))
	for s, l := range d.counts {
		l.SetText(w.Number(int64(counts[s])))
		kit.Display(d.lines[s], counts[s] > 0)
	}
	for a, b := range d.buttons {
		if len(a.Allowing(keys)) == 0 {
			b.Disable()
		} else {
			b.Enable()
		}
	}
}

// keyDetails shows one key.
type keyDetails struct {
	host *page.Host
	of   *details

	name  *kit.Label
	state *kit.Pill
	soon  *kit.Pill

	buttons     map[state.Action]*kit.Button
	mild, final *fyne.Container // the buttons of what can be undone or asks for more, and of the end

	id          *kit.Label
	description *fact
	tokens      *tokenList
	facts       map[string]*fact

	used    *kit.Label
	count   *kit.Label      // of the uses in all
	counted *fyne.Container // the line with it
	chart   *chart
	use     *api.KeyUsage // what the chart shows; nil until it was read
	uses    int64         // in all, when it was read

	trail   *fyne.Container // a line for each of the newest entries
	lines   []*trailLine
	unread  *kit.Paragraph   // why there is no trail
	entries []api.AuditEntry // those in the trail

	scroll *kit.Scroll
	root   fyne.CanvasObject
}

// fact is a line about a key: what it is about, and what there is to say.
type fact struct {
	object fyne.CanvasObject
	value  *kit.Label
	text   *kit.Paragraph // in place of value, for what may be long
}

func (f *fact) set(text string) {
	if f.text != nil {
		f.text.Set(text, kit.Plain)
	} else {
		f.value.SetText(text)
	}
	kit.Display(f.object, text != "")
}

// keyFacts are the facts in their order, and whether they may take more than a
// line.
var keyFacts = []struct {
	name string
	long bool
}{
	{"details.disabled-until", false}, {"key.role", false}, {"key.owner", false}, {"key.pool", false},
	{"key.labels", true},
	{"key.endpoints", true}, {"key.tenants", true}, {"key.allowed-addresses", true}, {"key.limits", true},
	{"key.revoked", false}, {"key.expires", false}, {"key.last-held", false}, {"key.last-grace", false},
	{"key.created", false},
}

func newKeyDetails(h *page.Host, of *details) *keyDetails {
	w := h.Words
	d := &keyDetails{
		host: h, of: of, name: kit.Heading("").Cut(40), state: kit.NewPill("", "", ""),
		soon: kit.NewPill(w.T("time.expires-soon"), kit.ColorWarn, kit.ColorWarnTint),
		id:   kit.Mono(""), tokens: newTokenList(h), facts: map[string]*fact{},
		used: kit.NewLabel("").Cut(40), count: kit.Caption(""), chart: newChart(h),
		trail: kit.Column(10), unread: kit.Note("", kit.ColorBad),
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
	d.counted = container.NewBorder(nil, nil, kit.Bold(w.T("details.use")), kit.Middle(d.count))
	use := kit.Column(6, d.counted, d.used, d.chart)
	d.trail.Add(d.unread)
	for range trailLength {
		l := newTrailLine(w)
		d.lines = append(d.lines, l)
		d.trail.Add(l.object)
	}
	trail := kit.Column(8, kit.Bold(w.T("audit.title")), d.trail)
	parts := kit.Column(16, facts, kit.Hairline(), d.tokens.object, kit.Hairline(), use, kit.Hairline(), trail)
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
		if a.action == state.ActionPause { // it is in the menu: there is no room for it here
			continue
		}
		b := kit.NewButton(h.Words.T("action."+string(a.action)), "", h.Keys(), func() { act(h, a.action, d.of.key) })
		d.buttons[a.action] = b
		if a.action.Final() {
			b.Importance = kit.ImportanceBad
		}
	}
	return kit.Column(8, d.mild, d.final)
}

// offer shows the buttons for what can be done to the key now.
func (d *keyDetails) offer(k api.Key) {
	var mild, final []fyne.CanvasObject
	for _, a := range actions {
		switch {
		case d.buttons[a.action] == nil, !a.action.Allowed(k):
		case a.action.Final():
			final = append(final, d.buttons[a.action])
		default:
			mild = append(mild, d.buttons[a.action])
		}
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
	d.description.set(k.Description)
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
		d.showTrail(nil)
	}
	d.showTotal()
	kit.Display(d.chart, k.UseCount > 0)
	if !same {
		d.scroll.ScrollToTop()
	}
}

// factsOf are the facts about a key; those that are empty are not shown.
func factsOf(w *words.Words, k api.Key) map[string]string {
	facts := map[string]string{
		"key.role": k.Role.String(), "key.owner": k.Owner, "key.pool": k.Pool,
		"key.labels":    strings.Join(apikey.LabelTexts(k.Labels), ", "),
		"key.endpoints": strings.Join(k.Endpoints, ", "), "key.allowed-addresses": strings.Join(k.AllowedCIDRs, ", "),
		"key.tenants": strings.Join(k.Tenants, ", "),
		"key.limits":  strings.Join(forms.LimitTexts(w, k.Limits), "\n"),
		"key.created": w.Moment(k.CreatedAt) + " · " + w.T("key.by", "who", k.CreatedBy),
	}
	if slices.Contains(k.Tenants, apikey.AnyTenant) {
		facts["key.tenants"] = w.T("key-form.any-tenant")
	}
	if k.LastHeldAt != nil {
		facts["key.last-held"] = w.Moment(*k.LastHeldAt) + " · " + w.Relative(*k.LastHeldAt)
	}
	if k.LastGraceAt != nil {
		facts["key.last-grace"] = w.Moment(*k.LastGraceAt) + " · " + w.Relative(*k.LastGraceAt)
	}
	if k.DisabledUntil != nil {
		facts["details.disabled-until"] = until(w, *k.DisabledUntil)
	}
	switch {
	case k.RevokedAt != nil:
		facts["key.revoked"] = w.Moment(*k.RevokedAt)
	case k.ExpiresAt == nil:
		facts["key.expires"] = w.T("time.never-expires")
	default:
		facts["key.expires"] = w.Moment(*k.ExpiresAt) + " · " + w.Relative(*k.ExpiresAt)
	}
	return facts
}

// until says when something ends that may end soon.
func until(w *words.Words, at time.Time) string {
	if at.Before(w.Now().Add(time.Minute)) {
		return w.Moment(at)
	}
	return w.Moment(at) + " · " + w.Relative(at)
}

// readUse reads on which days the key was used, unless it was not, or nothing
// can have changed since the last time.
func (d *keyDetails) readUse() {
	h, id, uses, session := d.host, d.of.key.ID, d.of.key.UseCount, d.host.Session
	today := h.Words.Now().UTC().Format(time.DateOnly)
	if uses == 0 || d.use != nil && d.uses == uses && d.use.To == today {
		return
	}
	page.InBackground(h, func(ctx context.Context) (*api.KeyUsage, error) {
		return session.Use(ctx, id)
	}, func(use *api.KeyUsage, err error) {
		if !d.of.shown || d.of.key.ID != id {
			return
		}
		switch {
		case err == nil:
			d.use, d.uses = use, uses
			d.showTotal()
			d.chart.show(use.Days, "")
		case d.use == nil: // else what was read before says more
			d.chart.show(nil, h.Explain(err).Headline)
		}
	})
}

// showTotal says how often the key was used in all.
func (d *keyDetails) showTotal() {
	if text := d.host.Words.N("usage.requests", int(d.total())); text != d.count.Text {
		d.count.SetText(text)
		kit.Relayout(d.counted) // it may be wider now
	}
}

// total is how often the key was used in all. It goes with the chart: a list
// that was read before or after the chart's days says something else.
func (d *keyDetails) total() int64 {
	if d.use == nil {
		return d.of.key.UseCount
	}
	return max(d.uses, d.use.Total)
}

// readTrail reads what was done to the key.
func (d *keyDetails) readTrail() {
	h, id, session := d.host, d.of.key.ID, d.host.Session
	page.InBackground(h, func(ctx context.Context) (*api.AuditList, error) {
		return session.Audit(ctx, state.Trail{KeyID: id}, "", trailLength)
	}, func(page *api.AuditList, err error) {
		if !d.of.shown || d.of.key.ID != id {
			return
		}
		if err != nil {
			d.showTrail(nil)
			d.unread.Set(h.Explain(err).Headline, kit.ColorBad)
			d.unread.Show()
			kit.Relayout(d.scroll)
			return
		}
		same := func(a, b api.AuditEntry) bool { return a.ID == b.ID }
		fresh := d.entries == nil || !slices.EqualFunc(page.Entries, d.entries, same)
		d.showTrail(page.Entries)
		if fresh { // an idle window draws nothing
			kit.Relayout(d.scroll)
		}
	})
}

// showTrail puts entries into the trail.
func (d *keyDetails) showTrail(entries []api.AuditEntry) {
	d.unread.Hide()
	d.entries = entries
	for i, l := range d.lines {
		if i < len(entries) {
			l.show(entries[i])
		}
		kit.Display(l.object, i < len(entries))
	}
}

// entrySource says who did something, and from where.
func entrySource(w *words.Words, e api.AuditEntry) string {
	text := w.T("key.by", "who", e.Actor)
	if e.From != "" {
		text += " · " + w.T("key.from", "address", e.From)
	}
	return text
}

// trailLine is an entry of the audit trail of a key.
type trailLine struct {
	words  *words.Words
	what   *kit.Label
	when   *kit.Label
	who    *kit.Paragraph
	object fyne.CanvasObject
}

func newTrailLine(w *words.Words) *trailLine {
	l := &trailLine{words: w, what: kit.NewLabel("").Cut(40), when: kit.Caption(""), who: kit.Note("", kit.ColorMuted)}
	l.object = kit.Column(1, container.NewBorder(nil, nil, nil, kit.Middle(l.when), l.what), l.who)
	l.object.Hide()
	return l
}

func (l *trailLine) show(e api.AuditEntry) {
	w := l.words
	l.what.SetText(forms.ActionName(w, e.Action))
	if when := w.Relative(e.At); when != l.when.Text {
		l.when.SetText(when)
		kit.Relayout(l.object) // it may be wider now
	}
	l.who.Set(entrySource(w, e), kit.ColorMuted)
}
