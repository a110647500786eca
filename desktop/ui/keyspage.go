package ui

import (
	"context"
	"reflect"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
)

// Pauses before something that follows keys or the mouse is done, so that
// held-down keys do not pile up work.
const (
	searchPause  = 250 * time.Millisecond
	detailsPause = 80 * time.Millisecond
)

// keysPage is the table of keys, with details of the chosen one beside.
type keysPage struct {
	ui      *UI
	search  *input
	states  *choice
	roles   *choice
	list    *keyList
	header  *listHeader
	details *details
	count   *label
	banner  *fyne.Container // over the table, when the server is away
	bulk    *fyne.Container // over the table, when several keys are chosen
	table   *fyne.Container // the list, or what is shown in its place
	beside  *fyne.Container // the table and the details
	root    fyne.CanvasObject

	drawn      state.Snapshot
	drawnAt    time.Time
	reading    bool
	listShown  bool
	stopSearch func()
	stopDetail func()
}

func newKeysPage(u *UI) *keysPage {
	p := &keysPage{ui: u, list: newKeyList(u), count: muted("").cut(60), banner: container.NewStack(), bulk: container.NewStack(), table: container.NewStack()}
	p.details = newDetails(u)
	p.header = newListHeader(u, p.sortBy)
	p.list.onChosen = p.chosen
	p.list.onNear = p.more
	p.list.onMenu = p.menu
	p.list.onKey = p.key
	p.list.onLetter = p.letter
	query := u.session.List.Snapshot().Query

	p.search = newInput(u.keys())
	p.search.keys.escape = func() { p.search.SetText("") }
	p.search.onDown = p.list.takeFocus
	p.search.SetPlaceHolder(u.w.t("filter.search"))
	p.search.Icon = theme.NewColoredResource(theme.SearchIcon(), colorMuted)
	p.search.Text = query.Search
	p.search.OnChanged = p.searchChanged
	p.search.OnSubmitted = func(string) { p.list.takeFocus() }
	p.states = newFilter(u, "filter.all-states", "state.", []string{"active", "disabled", "expired", "revoked"}, query.State, func(s string) {
		p.filter(func(q *state.Query) { q.State = s })
	})
	p.roles = newFilter(u, "filter.all-roles", "", []string{"Admin", "Editor", "Viewer", "Agent"}, query.Role, func(s string) {
		p.filter(func(q *state.Query) { q.Role = s })
	})

	create := primary(u.w.t("keys.create"), "plus", u.keys(), u.createKey)
	refresh := u.iconButton("refresh", u.w.t("keys.reload"), u.reload)
	head := container.NewBorder(nil, nil, nil, row(8, middle(refresh), middle(create)), column(3, title(u.w.t("nav.keys")), p.count))
	filters := container.NewBorder(nil, nil, nil, row(8, fixed(140, boxed(p.states)), fixed(124, boxed(p.roles))), padded(0, 8, 0, 0, p.search))
	p.beside = container.New(&besideLayout{page: p}, card(p.table), p.details.object())
	p.root = padded(20, 20, 20, 24, container.NewBorder(column(14, head, filters, p.banner, p.bulk, space(0)), nil, nil, nil, p.beside))
	p.banner.Hide()
	p.bulk.Hide()
	p.updated()
	p.load()
	return p
}

// newFilter is a drop-down list whose first entry stands for all.
func newFilter(u *UI, all, prefix string, values []string, now string, changed func(string)) *choice {
	options, index := []string{u.w.t(all)}, 0
	for i, v := range values {
		text := v
		if prefix != "" {
			text = u.w.t(prefix + v)
		}
		options = append(options, text)
		if v == now {
			index = i + 1
		}
	}
	c := newChoice(options, u.keys(), nil)
	c.SetSelectedIndex(index)
	c.OnChanged = func(string) {
		if i := c.SelectedIndex(); i > 0 {
			changed(values[i-1])
		} else {
			changed("")
		}
	}
	return c
}

func (p *keysPage) object() fyne.CanvasObject { return p.root }
func (p *keysPage) name() string              { return "keys" }
func (p *keysPage) focus() {
	if p.listShown {
		p.list.takeFocus()
	}
}

// load reads the first page of the query.
func (p *keysPage) load() {
	session := p.ui.session
	p.ui.beside(func(ctx context.Context) { _ = session.List.Load(ctx) }, p.updated) // the list remembers the error
}

// more reads the next page, when its rows come near.
func (p *keysPage) more() {
	if p.reading {
		return
	}
	p.reading = true
	session := p.ui.session
	p.ui.beside(func(ctx context.Context) { _ = session.List.More(ctx) }, func() {
		p.reading = false
		p.updated()
	})
}

func (p *keysPage) searchChanged(text string) {
	if p.stopSearch != nil {
		p.stopSearch()
	}
	p.stopSearch = p.ui.loop.After(searchPause, func() {
		p.filter(func(q *state.Query) { q.Search = text })
	})
}

func (p *keysPage) sortBy(sort string) {
	p.filter(func(q *state.Query) {
		if p.header.sorted() == sort {
			q.Descending = !q.Descending
		} else {
			q.Sort, q.Descending = sort, sort == "lastUsedAt"
		}
	})
}

// filter asks for other keys.
func (p *keysPage) filter(change func(*state.Query)) {
	if p.ui.session == nil {
		return
	}
	q := p.ui.session.List.Snapshot().Query
	change(&q)
	p.ui.session.List.SetQuery(q)
	p.header.show(q)
	p.load()
}

// updated shows what the list holds now.
func (p *keysPage) updated() {
	u := p.ui
	if u.session == nil {
		return
	}
	s := u.session.List.Snapshot()
	if p.current(s) {
		return
	}
	p.drawn, p.drawnAt = s, u.w.now()
	if s.Loaded {
		p.list.show(s)
		text := u.w.n("keys.count", s.Total)
		if s.Query.Filtered() {
			text = u.w.n("keys.found", s.Total)
		}
		p.count.set(text, colorMuted)
	}
	p.header.show(s.Query)
	p.showBanner(s)
	p.showTable(s)
	p.chosenNow()
	u.sidebar.update()
}

// current reports whether what is drawn still holds. A window in which nothing
// happens is left alone, because each drawing of it costs; what it says of
// times past is made anew each minute.
func (p *keysPage) current(s state.Snapshot) bool {
	return s.Loaded && s.Err == nil && p.drawn.Loaded && p.drawn.Err == nil && s.Query == p.drawn.Query && s.Total == p.drawn.Total &&
		s.More == p.drawn.More && p.ui.w.now().Sub(p.drawnAt) < time.Minute && reflect.DeepEqual(s.Keys, p.drawn.Keys)
}

// showBanner says over the table that the server is away.
func (p *keysPage) showBanner(s state.Snapshot) {
	p.banner.RemoveAll()
	if s.Err == nil || len(s.Keys) == 0 {
		if p.banner.Visible() {
			p.banner.Hide()
			p.root.Refresh()
		}
		return
	}
	t := p.ui.explain(s.Err)
	p.banner.Add(alert(true, t.headline, p.ui.w.t("keys.stale", "when", s.At.Local().Format("15:04:05"))+" "+t.next))
	p.banner.Show()
	p.root.Refresh()
}

// showTable shows the list, or what stands in its place.
func (p *keysPage) showTable(s state.Snapshot) {
	u := p.ui
	if p.listShown && len(s.Keys) > 0 {
		return
	}
	var shown fyne.CanvasObject
	switch {
	case len(s.Keys) > 0:
		shown = container.NewBorder(p.header, nil, nil, nil, container.NewThemeOverride(padded(0, 2, 6, 1, p.list), flat{fyne.CurrentApp().Settings().Theme()}))
	case s.Err != nil:
		t := u.explain(s.Err)
		shown = empty("warn", t.headline, t.text(), newButton(u.w.t("common.retry"), "refresh", u.keys(), p.load))
	case !s.Loaded:
		shown = empty("key", u.w.t("common.loading"), "")
	case s.Query.Filtered():
		shown = empty("search", u.w.t("keys.none-found"), u.w.t("keys.none-found-hint"), newButton(u.w.t("keys.show-all"), "", u.keys(), p.showAll))
	default:
		shown = empty("key", u.w.t("keys.invitation"), u.w.t("keys.invitation-text"), primary(u.w.t("keys.create-first"), "plus", u.keys(), u.createKey))
	}
	p.listShown = len(s.Keys) > 0
	p.table.Objects = []fyne.CanvasObject{shown}
	p.table.Refresh()
	if u.page == p && len(u.modals) == 0 && u.window.Canvas().Focused() != p.search {
		p.focus()
	}
}

// showAll takes the search and the filters away.
func (p *keysPage) showAll() {
	p.search.Text = ""
	p.search.Refresh()
	p.states.OnChanged, p.roles.OnChanged = nil, nil
	p.ui.session.List.SetQuery(state.Query{})
	p.ui.open(newKeysPage(p.ui))
}

// chosen follows a change of the choice after a moment.
func (p *keysPage) chosen() {
	if p.stopDetail != nil {
		p.stopDetail()
	}
	p.stopDetail = p.ui.loop.After(detailsPause, p.chosenNow)
}

func (p *keysPage) chosenNow() {
	keys := p.list.selection()
	p.showBulk(keys)
	switch len(keys) {
	case 1:
		p.details.show(keys[0])
	default:
		p.details.none(len(keys))
	}
	p.beside.Refresh()
}

// besideLayout puts the details beside the table. Where there is little room,
// they come only when a key is shown, and the table keeps the names.
type besideLayout struct{ page *keysPage }

// MinSize implements fyne.Layout.
func (l *besideLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(300, 200) }

// Layout implements fyne.Layout.
func (l *besideLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	table, beside := objects[0], objects[1]
	const gap, roomy = 12, 760
	if size.Width < roomy && !l.page.details.shown {
		beside.Hide()
		table.Resize(size)
		return
	}
	beside.Show()
	width := min(float32(detailsWidth), size.Width*0.58)
	table.Resize(fyne.NewSize(size.Width-width-gap, size.Height))
	beside.Move(fyne.NewPos(size.Width-width, 0))
	beside.Resize(fyne.NewSize(width, size.Height))
}

// showBulk offers what can be done to several keys.
func (p *keysPage) showBulk(keys []api.Key) {
	u := p.ui
	p.bulk.RemoveAll()
	if len(keys) < 2 {
		if p.bulk.Visible() {
			p.bulk.Hide()
			p.root.Refresh()
		}
		return
	}
	backdrop := newBlock(colorRowChosen)
	backdrop.radius = 8
	buttons := row(6)
	for _, a := range []state.Action{state.ActionEnable, state.ActionDisable, state.ActionRevoke, state.ActionDelete} {
		b := newButton(u.w.t("action."+string(a)), "", u.keys(), func() { u.showBulk(a, keys) })
		buttons.Add(b)
	}
	clearing := u.iconButton("close", u.w.t("keys.clear"), p.list.clear)
	buttons.Add(clearing)
	p.bulk.Add(container.NewStack(backdrop, padded(5, 6, 5, 14, container.NewBorder(nil, nil, nil, buttons, bold(u.w.n("keys.chosen", len(keys))).cut(40)))))
	p.bulk.Show()
	p.root.Refresh()
}

// actions are what can be done to one key, in the order of the menu, with the
// letter that begins each.
var actions = []struct {
	action state.Action
	letter rune
}{
	{state.ActionUpdate, 'e'},
	{state.ActionRotate, 'r'},
	{state.ActionEnable, 'd'},
	{state.ActionDisable, 'd'},
	{state.ActionRevoke, 'v'},
	{state.ActionDelete, 0},
}

// menu shows what can be done to the chosen keys.
func (p *keysPage) menu(at fyne.Position) {
	u, keys := p.ui, p.list.selection()
	var items []*fyne.MenuItem
	if len(keys) == 1 {
		k := keys[0]
		items = append(items, fyne.NewMenuItem(u.w.t("key.copy-id"), func() { u.fyne.Clipboard().SetContent(k.ID) }), fyne.NewMenuItemSeparator())
		for _, a := range actions {
			if a.action.Allowed(k) {
				items = append(items, fyne.NewMenuItem(u.w.t("action."+string(a.action))+"…", func() { u.act(a.action, k) }))
			}
		}
	} else {
		for _, a := range []state.Action{state.ActionEnable, state.ActionDisable, state.ActionRevoke, state.ActionDelete} {
			items = append(items, fyne.NewMenuItem(u.w.t("action."+string(a))+"…", func() { u.showBulk(a, keys) }))
		}
	}
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), u.window.Canvas(), at)
}

// key handles a key that the list has no use for.
func (p *keysPage) key(e *fyne.KeyEvent) bool {
	keys := p.list.selection()
	switch {
	case len(keys) == 0:
		return false
	case e.Name == desktop.KeyMenu:
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(p.list)
		p.menu(at.AddXY(60, 40))
	case e.Name == fyne.KeyDelete:
		p.begin(state.ActionDelete, keys)
	default:
		return false
	}
	return true
}

// letter handles a letter that begins an action. The letter itself has been
// typed then, so that it does not end up in the dialog.
func (p *keysPage) letter(r rune) bool {
	keys := p.list.selection()
	for _, a := range actions {
		if a.letter == r && len(keys) > 0 && a.action.Allowed(keys[0]) {
			p.begin(a.action, keys)
			return true
		}
	}
	return false
}

// begin begins an action on the chosen keys, if it is one for that many.
func (p *keysPage) begin(action state.Action, keys []api.Key) {
	switch {
	case len(keys) == 1:
		p.ui.act(action, keys[0])
	case action != state.ActionUpdate && action != state.ActionRotate:
		p.ui.showBulk(action, keys)
	}
}

// act begins an action on one key.
func (u *UI) act(action state.Action, k api.Key) {
	switch action {
	case state.ActionUpdate:
		u.showEdit(k)
	case state.ActionRotate:
		u.showRotate(k)
	case state.ActionRevoke, state.ActionDelete:
		u.showEnd(action, k)
	default:
		u.toggle(action, k)
	}
}

// toggle enables or disables a key; both can be undone, so nobody is asked.
func (u *UI) toggle(action state.Action, k api.Key) {
	session := u.session
	var err error
	u.beside(func(ctx context.Context) { err = session.Do(ctx, action, k, false) }, func() {
		switch {
		case err == nil:
			u.toasts.good(u.w.t("done."+string(action), "name", k.Name))
			u.changed()
		case state.Explain(err).Kind == state.KindLastAdmin:
			u.showForced(action, k, err)
		default:
			u.tellFailed(err)
		}
	})
}

// changed shows a change at once, and reads the list again.
func (u *UI) changed() {
	u.page.updated()
	u.reload()
}

// flat is the theme of the list: rows touch each other.
type flat struct{ fyne.Theme }

// Size returns a measure.
func (f flat) Size(name fyne.ThemeSizeName) float32 {
	if name == theme.SizeNamePadding {
		return 0
	}
	return f.Theme.Size(name)
}

// empty stands in the place of a list: an icon, what is the matter, and what
// to do.
func empty(iconName, headline, text string, buttons ...*button) fyne.CanvasObject {
	disc := newBlock(colorRowChosen)
	disc.radius, disc.min = 28, fyne.NewSize(56, 56)
	lines := column(10, container.NewCenter(container.NewStack(disc, container.NewCenter(iconImage(iconName, colorAccentText, 26)))), space(2))
	h := heading(headline)
	lines.Add(container.NewCenter(h))
	if text != "" {
		words := paragraph(text, colorMuted)
		words.Segments[0].(*widget.TextSegment).Style.Alignment = fyne.TextAlignCenter
		words.Resize(fyne.NewSize(440, 20))
		lines.Add(container.NewCenter(fixed(440, tight(words))))
	}
	if len(buttons) > 0 {
		r := row(8)
		for _, b := range buttons {
			r.Add(b)
		}
		lines.Add(space(2))
		lines.Add(container.NewCenter(r))
	}
	return container.NewCenter(lines)
}
