package ui

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
)

const (
	detailsWidth = 320
	trailLength  = 20 // entries of the audit trail beside a key
)

// details shows one key, its use and its audit trail.
type details struct {
	ui      *UI
	key     api.Key
	shown   bool // key is
	wanted  bool // there is something to show
	chart   *chart
	use     *api.KeyUsage   // what the chart shows; nil until it was read
	uses    int64           // in all, when it was read
	count   *label          // of the uses in all
	counted *fyne.Container // the line with it
	trail   *fyne.Container
	entries []api.AuditEntry // those in the trail
	trailAt time.Time
	body    *fyne.Container
	root    fyne.CanvasObject
}

func newDetails(u *UI) *details {
	d := &details{ui: u, body: container.NewStack()}
	d.root = card(d.body)
	d.none()
	return d
}

func (d *details) object() fyne.CanvasObject { return d.root }

// none says that no key is chosen.
func (d *details) none() {
	d.shown, d.wanted = false, false
	w := d.ui.w
	d.body.Objects = []fyne.CanvasObject{container.NewCenter(column(6,
		container.NewCenter(muted(w.t("details.none"))), container.NewCenter(caption(w.t("details.hint")))))}
	d.body.Refresh()
}

// several offers what can be done to several keys.
func (d *details) several(keys []api.Key, unchoose func()) {
	d.shown, d.wanted = false, true
	u := d.ui
	counts := map[string]int{}
	for _, k := range keys {
		counts[string(k.State)]++
	}
	states := column(10)
	for _, s := range []string{"active", "disabled", "expired", "revoked"} {
		if counts[s] > 0 {
			badge := newPill("", "", "")
			setState(badge, u.w, s)
			states.Add(container.NewBorder(nil, nil, badge, newLabel(u.w.number(int64(counts[s])))))
		}
	}
	buttons := func(actions ...state.Action) fyne.CanvasObject {
		r := container.New(&fitted{gap: 8})
		for _, a := range actions {
			b := newButton(u.w.t("action."+string(a)), "", u.keys(), func() { u.showBulk(a, keys) })
			if a == state.ActionRevoke || a == state.ActionDelete {
				b.Importance = importanceBad
			}
			if len(fitting(a, keys)) == 0 {
				b.Disable()
			}
			r.Add(b)
		}
		return r
	}
	clearing := u.iconButton("close", u.w.t("keys.clear"), unchoose)
	d.body.Objects = []fyne.CanvasObject{container.NewBorder(column(14,
		padded(16, 16, 0, 16, column(14,
			container.NewBorder(nil, nil, nil, clearing, heading(u.w.n("keys.chosen", len(keys))).cut(40)),
			container.NewThemeOverride(column(8, buttons(state.ActionEnable, state.ActionDisable), buttons(state.ActionRevoke, state.ActionDelete)), dangerous{}))),
		hairline()), nil, nil, nil, padded(14, 0, 0, 0, scrolled(padded(0, 16, 16, 16, states))))}
	d.body.Refresh()
}

// show shows a key. One that is shown already and has not changed only gets
// its chart and trail anew.
func (d *details) show(k api.Key) {
	same := d.shown && k.ID == d.key.ID
	if !same {
		d.use = nil
	}
	if !same || !reflect.DeepEqual(k, d.key) {
		d.key, d.shown, d.wanted = k, true, true
		d.build(same)
	}
	d.readUse()
	d.readTrail()
}

func (d *details) build(keepTrail bool) {
	u, k := d.ui, d.key
	badge := newPill("", "", "")
	setState(badge, u.w, string(k.State))
	badges := row(6, badge)
	if endsSoon(k, u.w.now()) {
		badges.Add(newPill(u.w.t("key.ends-soon"), colorWarn, colorWarnTint))
	}
	name := heading(k.Name).cut(40)

	facts := column(12)
	fact := func(key, value string) {
		if value != "" {
			facts.Add(column(2, caption(u.w.t(key)), newLabel(value).cut(40)))
		}
	}
	id := mono(k.ID)
	copied := u.iconButton("copy", u.w.t("key.copy-id"), func() {
		u.fyne.Clipboard().SetContent(k.ID)
		u.toasts.good(u.w.t("key.id-copied"))
	})
	facts.Add(column(0, caption(u.w.t("key.id")), container.NewBorder(nil, nil, nil, copied, id)))
	if k.Description != "" {
		facts.Add(column(2, caption(u.w.t("key.description")), newParagraph(k.Description, plain)))
	}
	fact("key.role", k.Role.String()+" – "+u.w.t("role."+strings.ToLower(k.Role.String())))
	fact("key.pool", k.Pool)
	fact("key.endpoints", strings.Join(k.Endpoints, ", "))
	fact("key.addresses", strings.Join(k.AllowedCIDRs, ", "))
	switch {
	case k.RevokedAt != nil:
		fact("key.revoked", u.w.moment(*k.RevokedAt))
	case k.ExpiresAt == nil:
		fact("key.expires", u.w.t("key.never-expires"))
	default:
		fact("key.expires", u.w.moment(*k.ExpiresAt)+" · "+u.w.relative(*k.ExpiresAt))
	}
	fact("key.created", u.w.moment(k.CreatedAt)+" · "+u.w.t("key.by", "who", k.CreatedBy))
	fact("key.replaces", k.RotatedFrom)
	fact("key.replaced-by", k.ReplacedBy)

	if d.chart == nil {
		d.chart = newChart(u)
	}
	if d.use == nil {
		d.chart.show(nil, "")
	}
	used := u.w.t("details.unused")
	if k.LastUsedAt != nil {
		used = u.w.relative(*k.LastUsedAt)
		if k.LastUsedFrom != "" {
			used += " · " + u.w.t("key.from", "address", k.LastUsedFrom)
		}
	}
	count := caption(u.w.n("key.uses", int(d.total())))
	d.counted = container.NewBorder(nil, nil, sectionTitle(u.w.t("details.use")), middle(count))
	d.count = count
	use := column(6, d.counted,
		newLabel(used).cut(40))
	if k.UseCount > 0 {
		use.Add(d.chart)
	}

	if d.trail == nil || !keepTrail {
		d.trail = column(10)
	}
	trail := column(8, sectionTitle(u.w.t("nav.audit")), d.trail)

	var mild, final []fyne.CanvasObject
	for _, a := range actions {
		if !a.action.Allowed(k) {
			continue
		}
		text := u.w.t("action." + string(a.action))
		act := func() { u.act(a.action, k) }
		switch a.action {
		case state.ActionRevoke, state.ActionDelete:
			b := newButton(text, "", u.keys(), act)
			b.Importance = importanceBad
			final = append(final, b)
		default:
			mild = append(mild, newButton(text, "", u.keys(), act))
		}
	}
	buttons := column(8)
	for _, group := range [][]fyne.CanvasObject{mild, final} {
		if len(group) > 0 {
			buttons.Add(container.New(&fitted{gap: 8}, group...))
		}
	}
	content := padded(0, 16, 16, 16, column(16, facts, hairline(), use, hairline(), trail))
	d.body.Objects = []fyne.CanvasObject{container.NewBorder(
		column(12, padded(16, 16, 0, 16, column(8, name, badges, container.NewThemeOverride(buttons, dangerous{}))), hairline()),
		nil, nil, nil, padded(14, 0, 0, 0, scrolled(content)))}
	d.body.Refresh()
}

func sectionTitle(text string) fyne.CanvasObject {
	return bold(text)
}

// readUse reads on which days the key was used, unless it was not, or nothing
// can have changed since the last time.
func (d *details) readUse() {
	u, id, uses, session := d.ui, d.key.ID, d.key.UseCount, d.ui.session
	today := u.w.now().UTC().Format(time.DateOnly)
	if uses == 0 || d.use != nil && d.uses == uses && d.use.To == today {
		return
	}
	var (
		use *api.KeyUsage
		err error
	)
	u.beside(func(ctx context.Context) { use, err = session.Use(ctx, id) }, func() {
		if !d.shown || d.key.ID != id {
			return
		}
		switch {
		case err == nil:
			d.use, d.uses = use, uses
			d.tellTotal()
			d.chart.show(use.Days, "")
		case d.use == nil: // else what was read before says more
			d.chart.show(nil, u.explain(err).headline)
		}
	})
}

// tellTotal says how often the key was used in all.
func (d *details) tellTotal() {
	d.count.set(d.ui.w.n("key.uses", int(d.total())), colorMuted)
	d.counted.Refresh() // it may be wider now
}

// total is how often the key was used in all. It goes with the chart: a list
// that was read before or after the chart's days says something else.
func (d *details) total() int64 {
	if d.use == nil {
		return d.key.UseCount
	}
	return max(d.uses, d.use.Total)
}

// readTrail reads what was done to the key.
func (d *details) readTrail() {
	u, id, session := d.ui, d.key.ID, d.ui.session
	var (
		page *api.AuditList
		err  error
	)
	u.beside(func(ctx context.Context) { page, err = session.Audit(ctx, id, "", trailLength) }, func() {
		if !d.shown || d.key.ID != id {
			return
		}
		if err == nil && len(d.trail.Objects) > 0 && slices.Equal(page.Entries, d.entries) && u.w.now().Sub(d.trailAt) < time.Minute {
			return // nothing new: an idle window draws nothing
		}
		d.entries = nil
		d.trail.RemoveAll()
		if err != nil {
			d.trail.Add(note(u.explain(err).headline, colorBad))
			d.trail.Refresh()
			return
		}
		d.entries, d.trailAt = page.Entries, u.w.now()
		for _, e := range page.Entries {
			d.trail.Add(column(1,
				container.NewBorder(nil, nil, nil, middle(caption(u.w.relative(e.At))), newLabel(u.w.t("audit."+string(e.Action))).cut(40)),
				note(entrySource(u.w, e), colorMuted)))
		}
		d.trail.Refresh()
		d.body.Refresh()
	})
}
