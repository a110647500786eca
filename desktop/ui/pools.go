package ui

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
)

// poolsPage lists the agent pools, with what can be done to all keys of one.
type poolsPage struct {
	ui    *UI
	lines *fyne.Container
	first *kit.Button
	root  fyne.CanvasObject
}

func newPoolsPage(u *UI) *poolsPage {
	w := u.Words
	p := &poolsPage{ui: u, lines: container.NewStack(kit.Empty("pools", w.T("common.loading"), ""))}
	p.first = kit.Primary(w.T("pools.create"), "plus", u.Keys(), func() { p.create() })
	refresh := u.IconButton("refresh", w.T("keys.reload"), p.read)
	head := container.NewBorder(nil, nil, nil, kit.Row(8, kit.Middle(refresh), kit.Middle(p.first)),
		kit.Column(3, kit.Title(w.T("pools.title")), kit.Muted(w.T("pools.subtitle"))))
	p.root = kit.Padded(20, 20, 20, 24, container.NewBorder(kit.Padded(0, 0, 14, 0, head), nil, nil, nil, p.lines))
	p.read()
	return p
}

func (p *poolsPage) object() fyne.CanvasObject { return p.root }
func (p *poolsPage) name() string              { return "pools" }
func (p *poolsPage) updated()                  {}
func (p *poolsPage) focus()                    { p.ui.Window.Canvas().Focus(p.first) }

// read reads the pools.
func (p *poolsPage) read() {
	inBackground(p.ui, p.ui.session.AllPools, p.show)
}

func (p *poolsPage) show(pools []api.Pool, err error) {
	u := p.ui
	switch {
	case err != nil:
		p.set(u.explain(err).page("", kit.NewButton(u.Words.T("common.retry"), "refresh", u.Keys(), p.read)))
	case len(pools) == 0:
		p.set(kit.Empty("pools", u.Words.T("pools.none"), u.Words.T("pools.none-text")))
	default:
		column := kit.Column(10)
		for _, pool := range pools {
			column.Add(p.line(pool))
		}
		p.set(kit.Scrolled(kit.Padded(1, 2, 1, 1, column)))
	}
	u.pools = u.pools[:0:0]
	for _, pool := range pools {
		u.pools = append(u.pools, pool.Name)
	}
}

func (p *poolsPage) set(o fyne.CanvasObject) {
	p.lines.Objects = []fyne.CanvasObject{o}
	p.lines.Refresh()
}

// usable is how many keys of a pool can be used, now or after they are enabled.
func usable(pool api.Pool) int { return int(pool.Keys.Active + pool.Keys.Disabled) }

// line shows one pool with what can be done with it.
func (p *poolsPage) line(pool api.Pool) fyne.CanvasObject {
	u, w := p.ui, p.ui.Words
	counts := kit.Row(6)
	for _, c := range []struct {
		state string
		n     int64
	}{{"active", pool.Keys.Active}, {"disabled", pool.Keys.Disabled}, {"expired", pool.Keys.Expired}, {"revoked", pool.Keys.Revoked}} {
		if c.n > 0 {
			badge := kit.NewPill("", "", "")
			setState(badge, w, c.state)
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

	button := func(text string, tapped func()) *kit.Button { return kit.NewButton(w.T(text), "", u.Keys(), tapped) }
	keys := button("pools.show-keys", func() { p.showKeys(pool.Name) })
	rotate := button("action.rotate", func() { p.rotate(pool) })
	revoke := button("action.revoke", func() { p.revoke(pool) })
	remove := button("pools.remove", func() { p.remove(pool) })
	revoke.Importance, remove.Importance = kit.ImportanceBad, kit.ImportanceBad
	if usable(pool) == 0 {
		rotate.Disable()
		revoke.Disable()
	}
	buttons := kit.Row(8, kit.Middle(keys), kit.Middle(rotate), kit.Middle(revoke), kit.Middle(remove))
	return kit.Card(kit.Padded(14, 16, 14, 16, container.NewBorder(nil, nil, nil, buttons, about)))
}

// showKeys lists the keys of a pool.
func (p *poolsPage) showKeys(pool string) {
	p.ui.session.List.SetQuery(state.Query{Pool: pool})
	p.ui.goTo("keys")
}

// create asks for a new pool.
func (p *poolsPage) create() {
	u, w, session := p.ui, p.ui.Words, p.ui.session
	m := u.NewModal(w.T("pool-form.title"), "", 480)
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
			u.Window.Canvas().Focus(name)
			m.Relayout()
			return
		}
		submit.Disable()
		attempt(u, func(ctx context.Context) error { return session.CreatePool(ctx, in) }, func(err error) {
			submit.Enable()
			if err != nil {
				t := u.explain(err)
				m.Warn(kit.Alert(true, t.headline, t.text()))
				return
			}
			m.End()
			u.Toasts.Good(w.T("pool-form.done", "name", in.Name))
			p.read()
		})
	})
	for _, in := range []*kit.Input{name, about} {
		in.OnSubmitted = func(string) { submit.OnTapped() }
	}
	m.Actions(kit.NewButton(w.T("common.cancel"), "", m.Keys(), m.Close), submit)
	m.Show(name)
}

// revoke ends all keys of a pool, when its name has been typed.
func (p *poolsPage) revoke(pool api.Pool) {
	w, session := p.ui.Words, p.ui.session
	p.end(pool, "pool-revoke", func(ctx context.Context) (string, error) {
		n, err := session.RevokePool(ctx, pool.Name)
		return w.N("pool-revoke.done", n), err
	})
}

// remove removes a pool, with its keys if some can still be used.
func (p *poolsPage) remove(pool api.Pool) {
	w, session := p.ui.Words, p.ui.session
	p.end(pool, "pool-remove", func(ctx context.Context) (string, error) {
		return w.T("pool-remove.done", "name", pool.Name), session.DeletePool(ctx, pool.Name, usable(pool) > 0)
	})
}

// end asks whether something shall be done that ends a pool's keys, does it, and
// says what was done.
func (p *poolsPage) end(pool api.Pool, texts string, do func(context.Context) (string, error)) {
	u, w, n := p.ui, p.ui.Words, usable(pool)
	consequence := w.T(texts + ".consequence")
	if n == 0 {
		consequence = w.T("pool-remove.consequence-unused")
	}
	m := u.NewModal(w.T(texts+".title", "name", pool.Name), consequence, 480)
	guard := func(*kit.Button) {}
	var focus fyne.Focusable
	if n > 0 {
		m.Add(kit.NewParagraph(w.N("pools.usable", n, "n", w.Number(int64(n))), kit.Plain))
		focus, guard = u.typing(m, pool.Name, w.T("pools.type-name"))
	}
	var end *kit.Button
	text := texts + ".button"
	if texts == "pool-remove" && n > 0 {
		text = texts + ".force"
	}
	end = kit.Danger(w.T(text), m.Keys(), func() {
		end.Disable()
		inBackground(u, do, func(done string, err error) {
			end.Enable()
			if err != nil {
				t := u.explain(err)
				m.Warn(kit.Alert(true, t.headline, t.text()))
				return
			}
			m.End()
			u.Toasts.Good(done)
			p.read()
			u.reload()
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
func (p *poolsPage) rotate(pool api.Pool) {
	u, w, session := p.ui, p.ui.Words, p.ui.session
	m := u.NewModal(w.T("pool-rotate.title", "name", pool.Name), w.N("pool-rotate.what", usable(pool)), 520)
	overlap := newOverlap(u, m)
	life := newLifetime(u, m.Keys(), false)
	m.Add(overlap.field.Object, life.field.Object)
	start := kit.Primary(w.N("pool-rotate.button", usable(pool)), "", m.Keys(), func() {
		if !life.check() {
			m.Relayout()
			return
		}
		request := api.RotateKey{Overlap: overlap.value()}
		request.ExpiresIn, request.ExpiresAt = life.value()
		m.End()
		newPoolTokens(p, session.RotatePool(pool.Name, request), pool)
	})
	m.Actions(kit.NewButton(w.T("common.cancel"), "", m.Keys(), m.Close), start)
	m.Show(overlap.pick)
}

// poolTokens carries out the rotation of a pool, and hands its tokens over: they
// are too many to be read, so they go to a file.
type poolTokens struct {
	page     *poolsPage
	pool     api.Pool
	rotation *state.PoolRotation
	dialog   *kit.Modal
	said     *kit.Label
	path     *kit.Input
	saved    int // how many tokens are in a file
	asked    bool
	running  bool
	goOn     *kit.Button
}

func newPoolTokens(p *poolsPage, r *state.PoolRotation, pool api.Pool) {
	u, w := p.ui, p.ui.Words
	m := u.NewModal(w.T("pool-rotate.title", "name", pool.Name), w.T("pool-rotate.only-now"), 560)
	d := &poolTokens{page: p, pool: pool, rotation: r, dialog: m, said: kit.Muted("").Cut(60), path: kit.NewInput(m.Keys())}
	d.path.SetText(strings.TrimSuffix(defaultTokenFile(pool.Name), ".key") + "-keys.csv")
	browse := kit.NewButton(w.T("files.browse"), "", m.Keys(), func() {
		u.ChooseDirectory(w.T("files.token"), filepath.Dir(d.path.Text), func(dir string) { d.path.Fill(filepath.Join(dir, filepath.Base(d.path.Text))) })
	})
	save := kit.NewButton(w.T("token.save"), "save", m.Keys(), d.save)
	saving := kit.NewField(w.T("token.save-to"), container.NewBorder(nil, nil, nil, kit.Padded(0, 0, 0, 8, kit.Row(8, browse, save)), kit.Boxed(d.path)), w.T("pool-rotate.file-help"))
	m.Add(d.said, saving.Object)
	d.goOn = kit.NewButton(w.T("pool-rotate.go-on"), "", m.Keys(), d.run)
	m.CanClose = d.mayClose
	m.OnClosed = func() {
		r.Tokens.Forget()
		p.read()
		u.reload()
	}
	m.Show(save)
	d.run()
}

// run takes the steps that are left.
func (d *poolTokens) run() {
	u, w := d.page.ui, d.page.ui.Words
	tell := func(keys int) { d.said.SetText(w.N("pool-rotate.done", keys)) }
	d.running = true
	d.dialog.Warn(nil)
	d.dialog.Actions(kit.NewButton(w.T("token.done"), "", d.dialog.Keys(), d.dialog.Close))
	tell(d.rotation.Tokens.Len())
	attempt(u, func(ctx context.Context) error {
		return d.rotation.Run(ctx, func(keys int) { u.Loop.Do(func() { tell(keys) }) })
	}, func(err error) {
		d.running = false
		if err != nil {
			t := u.explain(err)
			d.dialog.Warn(kit.Alert(true, t.headline, w.T("pool-rotate.stopped")+" "+t.text()))
			d.dialog.Actions(kit.NewButton(w.T("token.done"), "", d.dialog.Keys(), d.dialog.Close), d.goOn)
		}
	})
}

// save writes the tokens that there are to a file.
func (d *poolTokens) save() {
	u, w, path, n := d.page.ui, d.page.ui.Words, d.path.Text, d.rotation.Tokens.Len()
	attempt(u, func(context.Context) error { return d.rotation.Tokens.Save(path) }, func(err error) {
		switch {
		case err == nil:
			d.saved = n
			d.dialog.Warn(nil)
			u.Toasts.Good(w.T("token.saved", "path", path))
			d.said.SetText(w.T("token.saved", "path", path))
		case os.IsExist(err):
			d.dialog.Warn(kit.Alert(true, w.T("token.file-exists"), w.T("token.file-exists.next")))
		default:
			t := u.explain(err)
			d.dialog.Warn(kit.Alert(true, t.headline, t.text()))
		}
	})
}

// mayClose asks once if some tokens are in no file.
func (d *poolTokens) mayClose() bool {
	if d.running {
		return false
	}
	if d.asked || d.saved == d.rotation.Tokens.Len() {
		return true
	}
	d.asked = true
	w := d.page.ui.Words
	d.dialog.Warn(kit.Alert(false, w.T("pool-rotate.not-saved"), w.T("token.not-copied-why")))
	return false
}
