package ui

import (
	"context"
	"reflect"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
)

// Pauses before something that follows keys or the mouse is done, so that
// held-down keys do not pile up work.
const (
	searchPause  = 250 * time.Millisecond
	detailsPause = 80 * time.Millisecond
)

// keysPage is the table of keys, with details of the chosen one at its side.
type keysPage struct {
	ui      *UI
	search  *kit.Input
	states  *kit.Choice
	roles   *kit.Choice
	filters *fyne.Container
	pools   *fyne.Container // the filter by pool, where there are pools
	offered []string        // the pools in it
	list    *keyList
	header  *listHeader
	details *details
	count   *kit.Label
	banner  *fyne.Container // over the table, when the server is away
	table   *fyne.Container // the list, or what is shown in its place
	body    *fyne.Container // the table and the details
	root    fyne.CanvasObject

	drawn      state.Snapshot
	reading    bool
	listShown  bool
	stopSearch func()
	stopDetail func()
}

func newKeysPage(u *UI) *keysPage {
	p := &keysPage{ui: u, list: newKeyList(u), count: kit.Muted("").Cut(60), banner: container.NewStack(), table: container.NewStack()}
	p.details = newDetails(u)
	p.header = newListHeader(u, p.sortBy)
	p.list.onChosen = p.chosen
	p.list.onNear = p.more
	p.list.onMenu = p.menu
	p.list.onKey = p.key
	p.list.onLetter = p.letter
	query := u.session.List.Snapshot().Query

	p.search = kit.NewInput(u.Keys())
	p.search.Keys.Escape = func() { p.search.SetText("") }
	p.search.OnDown = p.list.takeFocus
	p.search.SetPlaceHolder(u.Words.T("filter.search"))
	p.search.Icon = theme.NewColoredResource(theme.SearchIcon(), kit.ColorMuted)
	p.search.Text = query.Search
	p.search.OnChanged = p.searchChanged
	p.search.OnSubmitted = func(string) { p.list.takeFocus() }
	p.states = newFilter(u, "filter.all-states", "state.", []string{"active", "disabled", "expired", "revoked"}, query.State, func(s string) {
		p.filter(func(q *state.Query) { q.State = s })
	})
	p.roles = newFilter(u, "filter.all-roles", "", []string{"Admin", "Editor", "Viewer", "Agent"}, query.Role, func(s string) {
		p.filter(func(q *state.Query) { q.Role = s })
	})

	create := kit.Primary(u.Words.T("keys.create"), "plus", u.Keys(), u.createKey)
	check := u.IconButton("shield", u.Words.T("verify.title"), u.showVerify)
	refresh := u.IconButton("refresh", u.Words.T("keys.reload"), u.reload)
	head := container.NewBorder(nil, nil, nil, kit.Row(8, kit.Middle(check), kit.Middle(refresh), kit.Middle(create)), kit.Column(3, kit.Title(u.Words.T("nav.keys")), p.count))
	p.pools = container.NewStack()
	p.offerPools()
	p.filters = container.New(&filterLayout{most: p.filtersOffered}, kit.Boxed(p.search), kit.Boxed(p.states), kit.Boxed(p.roles), p.pools)
	p.body = container.New(&bodyLayout{page: p}, kit.Card(p.table), p.details.object())
	p.root = kit.Padded(20, 20, 20, 24, container.NewBorder(kit.Column(14, head, p.filters, p.banner, kit.Space(0)), nil, nil, nil, p.body))
	p.banner.Hide()
	p.updated()
	p.load()
	return p
}

// offerPools makes another filter by pool when there are other pools.
func (p *keysPage) offerPools() {
	u, query := p.ui, p.ui.session.List.Snapshot().Query
	offered := u.pools
	if query.Pool != "" && query.Pool != api.NoPool && !slices.Contains(offered, query.Pool) {
		offered = append([]string{query.Pool}, offered...)
	}
	if slices.Equal(offered, p.offered) {
		return
	}
	p.offered = offered
	p.pools.RemoveAll()
	defer func() {
		if p.filters != nil {
			p.filters.Refresh()
		}
	}()
	if len(offered) == 0 {
		return
	}
	pick := newFilter(u, "filter.all-pools", "", append(slices.Clone(offered), api.NoPool), query.Pool, func(s string) {
		p.filter(func(q *state.Query) { q.Pool = s })
	})
	pick.Options[len(pick.Options)-1] = u.Words.T("filter.no-pool")
	pick.Selected = pick.Options[pick.SelectedIndex()]
	p.pools.Add(kit.Boxed(pick))
}

// filtersOffered is how many filters there are besides the search: without pools
// there is none by them.
func (p *keysPage) filtersOffered() int {
	if len(p.offered) == 0 {
		return 2
	}
	return 3
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
	attempt(p.ui, session.List.Load, func(error) { p.updated() }) // the list remembers the error
}

// more reads the next page, when its rows come near.
func (p *keysPage) more() {
	if p.reading {
		return
	}
	p.reading = true
	session := p.ui.session
	attempt(p.ui, session.List.More, func(error) {
		p.reading = false
		p.updated()
	})
}

func (p *keysPage) searchChanged(text string) {
	if p.stopSearch != nil {
		p.stopSearch()
	}
	p.stopSearch = p.ui.Loop.After(searchPause, func() {
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
	p.offerPools()
	s := u.session.List.Snapshot()
	if p.current(s) {
		p.list.tick()
		p.details.tick()
		return
	}
	p.drawn = s
	if s.Loaded {
		p.list.show(s)
		text := u.Words.N("keys.count", s.Total)
		if s.Query.Filtered() {
			text = u.Words.N("keys.found", s.Total)
		}
		p.count.Set(text, kit.ColorMuted)
	}
	p.header.show(s.Query)
	p.showBanner(s)
	p.showTable(s)
	p.chosenNow()
	u.sidebar.update()
}

// current reports whether what is drawn still holds, but for the words about
// how long ago something was. A window in which nothing happens is left alone,
// because each drawing of it costs.
func (p *keysPage) current(s state.Snapshot) bool {
	return s.Loaded && s.Err == nil && p.drawn.Loaded && p.drawn.Err == nil && s.Query == p.drawn.Query && s.Total == p.drawn.Total &&
		s.More == p.drawn.More && reflect.DeepEqual(s.Keys, p.drawn.Keys)
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
	p.banner.Add(kit.Alert(true, t.headline, p.ui.Words.T("keys.stale", "when", p.ui.Words.Clock(s.At))+" "+t.next))
	p.banner.Show()
	p.root.Refresh()
}

// showTable shows the list, or what is in its place.
func (p *keysPage) showTable(s state.Snapshot) {
	u := p.ui
	if p.listShown && len(s.Keys) > 0 {
		return
	}
	var shown fyne.CanvasObject
	switch {
	case len(s.Keys) > 0:
		shown = kit.Headed(p.header, p.list)
	case s.Err != nil:
		shown = u.explain(s.Err).page("", kit.NewButton(u.Words.T("common.retry"), "refresh", u.Keys(), p.load))
	case !s.Loaded:
		shown = kit.Empty("key", u.Words.T("common.loading"), "")
	case s.Query.Filtered():
		shown = kit.Empty("search", u.Words.T("keys.none-found"), u.Words.T("keys.none-found-hint"), kit.NewButton(u.Words.T("keys.show-all"), "", u.Keys(), p.showAll))
	default:
		shown = kit.Empty("key", u.Words.T("keys.invitation"), u.Words.T("keys.invitation-text"), kit.Primary(u.Words.T("keys.create-first"), "plus", u.Keys(), u.createKey))
	}
	p.listShown = len(s.Keys) > 0
	p.table.Objects = []fyne.CanvasObject{shown}
	p.table.Refresh()
	if u.page == p && len(u.Modals) == 0 && u.Window.Canvas().Focused() != p.search {
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
	p.stopDetail = p.ui.Loop.After(detailsPause, p.chosenNow)
}

func (p *keysPage) chosenNow() {
	switch keys := p.list.selection(); len(keys) {
	case 0:
		p.details.none()
	case 1:
		p.details.show(keys[0])
	default:
		p.details.several(keys, p.list.clear)
	}
	p.body.Layout.Layout(p.body.Objects, p.body.Size()) // in a narrow window the details come and go
}

// bodyLayout puts the details next to the table, unless there are no keys.
// Where there is little room, they come only when a key is chosen, and the
// table keeps the names.
type bodyLayout struct{ page *keysPage }

func (l *bodyLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(300, 200) }

func (l *bodyLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	table, details := objects[0], objects[1]
	const gap, roomy = 12, 760
	if !l.page.listShown || size.Width < roomy && !l.page.details.wanted {
		details.Hide()
		table.Resize(size)
		return
	}
	details.Show()
	width := min(float32(detailsWidth), size.Width*0.58)
	table.Resize(fyne.NewSize(size.Width-width-gap, size.Height))
	details.Move(fyne.NewPos(size.Width-width, 0))
	details.Resize(fyne.NewSize(width, size.Height))
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
		items = append(items, fyne.NewMenuItem(u.Words.T("key.copy-id"), func() { u.fyne.Clipboard().SetContent(k.ID) }), fyne.NewMenuItemSeparator())
		for _, a := range actions {
			if a.action.Allowed(k) {
				text := u.Words.T("action." + string(a.action))
				if a.action != state.ActionEnable && a.action != state.ActionDisable { // the others ask first
					text += "…"
				}
				items = append(items, fyne.NewMenuItem(text, func() { u.act(a.action, k) }))
			}
		}
	} else {
		for _, a := range []state.Action{state.ActionEnable, state.ActionDisable, state.ActionRevoke, state.ActionDelete} {
			items = append(items, fyne.NewMenuItem(u.Words.T("action."+string(a))+"…", func() { u.showBulk(a, keys) }))
		}
	}
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), u.Window.Canvas(), at)
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
	attempt(u, func(ctx context.Context) error { return session.Do(ctx, action, k, false) }, func(err error) {
		switch {
		case err == nil:
			u.Toasts.Good(u.Words.T("done."+string(action), "name", k.Name))
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
