package ui

import (
	"context"
	"reflect"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
)

const (
	detailsWidth = 320
	trailLength  = 20 // entries of the audit trail beside a key
	chartSpan    = time.Hour
	chartBars    = 30
)

// details shows one key, its use and its audit trail.
type details struct {
	ui    *UI
	key   api.Key
	shown bool
	chart *chart
	trail *fyne.Container
	body  *fyne.Container
	root  fyne.CanvasObject
}

func newDetails(u *UI) *details {
	d := &details{ui: u, body: container.NewStack()}
	d.root = card(d.body)
	d.none(0)
	return d
}

func (d *details) object() fyne.CanvasObject { return d.root }

// none says that no key is shown, because n are chosen and not one.
func (d *details) none(n int) {
	d.shown = false
	w := d.ui.w
	text := w.t("details.none")
	if n > 1 {
		text = w.n("keys.chosen", n)
	}
	hint := caption(w.t("details.hint"))
	lines := column(6, container.NewCenter(muted(text)))
	if n == 0 {
		lines.Add(container.NewCenter(hint))
	}
	d.body.Objects = []fyne.CanvasObject{container.NewCenter(lines)}
	d.body.Refresh()
}

// show shows a key. One that is shown already and has not changed only gets
// its chart and trail anew.
func (d *details) show(k api.Key) {
	same := d.shown && k.ID == d.key.ID
	if !same || !reflect.DeepEqual(k, d.key) {
		d.key, d.shown = k, true
		d.build(same)
	}
	now := time.Now()
	bars, known := d.ui.session.Usage.Bars(k.ID, now.Add(-chartSpan), now, chartBars)
	d.chart.show(bars, known)
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
		facts.Add(column(2, caption(u.w.t("key.description")), tight(paragraph(k.Description, theme.ColorNameForeground))))
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
	used := u.w.t("details.unused")
	if k.LastUsedAt != nil {
		used = u.w.relative(*k.LastUsedAt)
		if k.LastUsedFrom != "" {
			used += " · " + u.w.t("key.from", "address", k.LastUsedFrom)
		}
	}
	use := column(6, container.NewBorder(nil, nil, sectionTitle(u.w.t("details.use")), middle(caption(u.w.n("key.uses", int(k.UseCount))))),
		newLabel(used).cut(40), d.chart)

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
			buttons.Add(container.New(&shares{gap: 8}, group...))
		}
	}
	content := padded(0, 16, 16, 16, column(16, facts, hairline(), use, hairline(), trail))
	d.body.Objects = []fyne.CanvasObject{container.NewBorder(
		column(12, padded(16, 16, 0, 16, column(8, name, badges, container.NewThemeOverride(buttons, dangerous{fyne.CurrentApp().Settings().Theme()}))), hairline()),
		nil, nil, nil, padded(14, 0, 0, 0, container.NewVScroll(content)))}
	d.body.Refresh()
}

func sectionTitle(text string) fyne.CanvasObject {
	l := bold(text)
	l.size = 12.5
	return l
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
		d.trail.RemoveAll()
		if err != nil {
			d.trail.Add(tight(note(u.explain(err).headline, colorBad)))
			d.trail.Refresh()
			return
		}
		for _, e := range page.Entries {
			d.trail.Add(column(1,
				container.NewBorder(nil, nil, nil, middle(caption(u.w.relative(e.At))), newLabel(u.w.t("audit."+string(e.Action))).cut(40)),
				caption(entrySource(u.w, e)).cut(40)))
		}
		d.trail.Refresh()
		d.body.Refresh()
	})
}

// entrySource says who did something, from where, and what exactly.
func entrySource(w *words, e api.AuditEntry) string {
	text := w.t("key.by", "who", e.Actor)
	if e.From != "" {
		text += " · " + w.t("key.from", "address", e.From)
	}
	if e.Detail != "" {
		text += " · " + e.Detail
	}
	return text
}

// shares gives each object of a row the same width.
type shares struct{ gap float32 }

// MinSize implements fyne.Layout.
func (l *shares) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.NewSize(0, 0)
	for _, o := range objects {
		size = size.Max(o.MinSize())
	}
	size.Width = 100 // texts that are too long are cut
	return size
}

// Layout implements fyne.Layout.
func (l *shares) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	width := (size.Width - l.gap*float32(len(objects)-1)) / float32(len(objects))
	for i, o := range objects {
		o.Move(fyne.NewPos(float32(i)*(width+l.gap), 0))
		o.Resize(fyne.NewSize(width, size.Height))
	}
}
