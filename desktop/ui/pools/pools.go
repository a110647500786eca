// Package pools is the page of the agent pools.
package pools

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/ui/tokens"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// Page lists the agent pools, with what can be done to all keys of one.
type Page struct {
	host  *page.Host
	lines *kit.Turn
	first *kit.Button
	root  fyne.CanvasObject
}

// New makes the page of the open session.
func New(h *page.Host) *Page {
	w := h.Words
	p := &Page{host: h, lines: kit.NewTurn()}
	p.lines.To(kit.Empty("pools", w.T("common.loading"), ""))
	p.first = kit.Primary(w.T("pools.create"), "plus", h.Keys(), func() { p.create() })
	refresh := h.IconButton("refresh", w.T("filter.reload"), p.read)
	head := kit.Head(w.T("pools.title"), kit.Muted(w.T("pools.subtitle")),
		kit.Row(8, kit.Middle(refresh), kit.Middle(p.first)))
	p.root = kit.Padded(20, 20, 20, 24,
		container.NewBorder(kit.Padded(0, 0, 14, 0, head), nil, nil, nil, p.lines.Object))
	p.read()
	return p
}

// Object is the page as it is drawn.
func (p *Page) Object() fyne.CanvasObject { return p.root }

// Name is that of the page in the sidebar.
func (p *Page) Name() string { return "pools" }

// Updated follows a refresh of the session.
func (p *Page) Updated() {}

// Focus puts the focus where it belongs.
func (p *Page) Focus() { p.host.Window.Canvas().Focus(p.first) }

// read reads the pools.
func (p *Page) read() {
	page.InBackground(p.host, p.host.Session.AllPools, p.show)
}

func (p *Page) show(pools []api.Pool, err error) {
	h := p.host
	switch {
	case err != nil:
		p.lines.To(h.Explain(err).InPlace("", kit.NewButton(h.Words.T("common.retry"), "refresh", h.Keys(), p.read)))
	case len(pools) == 0:
		p.lines.To(kit.Empty("pools", h.Words.T("pools.none"), h.Words.T("pools.none-text")))
	default:
		column := kit.Column(10)
		for _, pool := range pools {
			column.Add(p.line(pool))
		}
		p.lines.To(kit.Scrolled(kit.Padded(1, 2, 1, 1, column)))
	}
	h.Pools = h.Pools[:0:0]
	for _, pool := range pools {
		h.Pools = append(h.Pools, pool.Name)
	}
}

// line shows one pool with what can be done with it.
func (p *Page) line(pool api.Pool) fyne.CanvasObject {
	h, w := p.host, p.host.Words
	counts := kit.Row(6)
	for _, c := range []struct {
		state apikey.State
		n     int64
	}{
		{apikey.StateActive, pool.Keys.Active},
		{apikey.StateDisabled, pool.Keys.Disabled},
		{apikey.StateExpired, pool.Keys.Expired},
		{apikey.StateRevoked, pool.Keys.Revoked},
	} {
		if c.n > 0 {
			badge := kit.NewPill("", "", "")
			forms.SetState(badge, w, c.state)
			counts.Add(kit.Row(4, badge, kit.Middle(kit.Muted(w.Number(c.n)))))
		}
	}
	if len(counts.Objects) == 0 {
		counts.Add(kit.Muted(w.T("pools.empty")))
	}
	about := kit.Column(6, kit.Bold(pool.Name).Cut(80), counts)
	if pool.Description != "" {
		about.Add(kit.Muted(pool.Description).Cut(80))
	}
	about.Add(kit.Caption(w.T("pools.made", "at", w.Day(pool.CreatedAt), "who", pool.CreatedBy)).Cut(80))

	button := func(text string, tapped func()) *kit.Button { return kit.NewButton(w.T(text), "", h.Keys(), tapped) }
	keys := button("pools.show-keys", func() { h.ShowKeys(state.Query{Pool: pool.Name}) })
	rotate := button("action.rotate", func() { p.rotate(pool) })
	revoke := button("action.revoke", func() { p.revoke(pool) })
	remove := button("pools.remove", func() { p.remove(pool) })
	revoke.Importance, remove.Importance = kit.ImportanceBad, kit.ImportanceBad
	if state.Usable(pool) == 0 {
		rotate.Disable()
		revoke.Disable()
	}
	buttons := kit.Row(8, keys, rotate, revoke, remove)
	return kit.Card(kit.Padded(14, 16, 14, 16, container.New(&kit.Aside{Gap: 16, Least: 200}, about, buttons)))
}

// create asks for a new pool.
func (p *Page) create() {
	h, w, session := p.host, p.host.Words, p.host.Session
	m := h.NewModal(w.T("pool-form.title"), "", 480)
	name, about := kit.NewInput(m.Keys()), kit.NewInput(m.Keys())
	name.SetPlaceHolder("edge")
	about.SetPlaceHolder(w.T("pool-form.description-example"))
	nameField := kit.NewField(w.T("key.name"), name, w.T("pool-form.name-help"))
	m.Add(nameField.Object, kit.NewField(w.T("key.description"), about, "").Object)
	var submit *kit.Button
	submit = kit.Primary(w.T("pools.create"), "", m.Keys(), func() {
		in := api.CreatePool{Name: strings.TrimSpace(name.Text), Description: strings.TrimSpace(about.Text)}
		if err := api.CheckPoolName(in.Name); err != nil {
			nameField.Fail(w.T("pool-form.name-wrong"))
			h.Window.Canvas().Focus(name)
			m.Relayout()
			return
		}
		submit.Disable()
		page.Attempt(h, func(ctx context.Context) error { return session.CreatePool(ctx, in) }, func(err error) {
			submit.Enable()
			if err != nil {
				m.Warn(h.Explain(err).Alert())
				return
			}
			m.End()
			h.Toasts.Good(w.T("pool-form.done", "name", in.Name))
			p.read()
		})
	})
	for _, in := range []*kit.Input{name, about} {
		in.OnSubmitted = func(string) { submit.OnTapped() }
	}
	m.Actions(kit.NewButton(w.T("common.cancel"), "", m.Keys(), m.Close), submit)
	m.Guard(func() bool { return name.Text != "" || about.Text != "" })
	m.Show(name)
}

// revoke ends all keys of a pool, when its name has been typed.
func (p *Page) revoke(pool api.Pool) {
	w, session := p.host.Words, p.host.Session
	p.end(pool, "pool-revoke", func(ctx context.Context) (string, error) {
		n, err := session.RevokePool(ctx, pool.Name)
		return w.N("pool-revoke.done", n), err
	})
}

// remove removes a pool, with its keys if some can still be used.
func (p *Page) remove(pool api.Pool) {
	w, session := p.host.Words, p.host.Session
	p.end(pool, "pool-remove", func(ctx context.Context) (string, error) {
		return w.T("pool-remove.done", "name", pool.Name), session.DeletePool(ctx, pool.Name, state.Usable(pool) > 0)
	})
}

// end asks whether something shall be done that ends a pool's keys, does it, and
// says what was done.
func (p *Page) end(pool api.Pool, texts string, do func(context.Context) (string, error)) {
	h, w, n := p.host, p.host.Words, state.Usable(pool)
	consequence := w.T(texts + ".consequence")
	if n == 0 {
		consequence = w.T("pool-remove.consequence-unused")
	}
	m := h.NewModal(w.T(texts+".title", "name", pool.Name), consequence, 480)
	guard := func(*kit.Button) {}
	var focus fyne.Focusable
	if n > 0 {
		m.Add(kit.NewParagraph(w.N("pools.usable", n), kit.Plain))
		focus, guard = forms.Typed(m, pool.Name, w.T("pools.type-name"))
	}
	var end *kit.Button
	text := texts + ".button"
	if texts == "pool-remove" && n > 0 {
		text = texts + ".force"
	}
	end = kit.Danger(w.T(text), m.Keys(), func() {
		end.Disable()
		page.InBackground(h, do, func(done string, err error) {
			end.Enable()
			if err != nil {
				m.Warn(h.Explain(err).Alert())
				return
			}
			m.End()
			h.Done(done, state.Undo{})
			p.read()
			h.Reload()
		})
	})
	guard(end)
	cancel := kit.NewButton(w.T("common.cancel"), "", m.Keys(), m.Close)
	m.Actions(cancel, end)
	if focus == nil {
		focus = cancel
	}
	m.Show(focus)
}

// rotate gives every key of a pool that can be used another token.
func (p *Page) rotate(pool api.Pool) {
	h, w, session, n := p.host, p.host.Words, p.host.Session, state.Usable(pool)
	title := w.T("pool-rotate.title", "name", pool.Name)
	m := h.NewModal(title, w.N("pool-rotate.what", n), 520)
	fields := forms.NewPoolRotation(h, m)
	start := kit.Primary(w.N("pool-rotate.button", n), "", m.Keys(), func() {
		if request, ok := fields.Request(); ok {
			m.End()
			tokens.ShowMany(h, title, pool.Name, session.RotatePool(pool.Name, request), func() {
				p.read()
				h.Reload()
			})
		}
	})
	m.Actions(kit.NewButton(w.T("common.cancel"), "", m.Keys(), m.Close), start)
	m.Show(fields.First())
}
