// Package keys is the page of the keys: their table, the details of one, and
// the dialogs that make, change and end them.
package keys

import (
	"cmp"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// detailsPause is before the details follow the choice, so that held-down keys
// do not pile up work.
const detailsPause = 80 * time.Millisecond

// Page is the table of keys, with details of the chosen one at its side.
type Page struct {
	host    *page.Host
	search  *kit.Input
	mistake *kit.Paragraph // what of the search is not read as it is meant
	states  *narrowing
	roles   *narrowing
	ofPool  *narrowing // nil where there are no pools
	filters *fyne.Container
	pools   *fyne.Container // holds the filter by pool
	offered []string        // the pools in it
	list    *keyList
	header  *kit.Header
	details *details
	count   *kit.Label
	active  *kit.ChipRow    // the filters in force that nothing else shows
	banner  *fyne.Container // over the table, when the server is away
	table   *fyne.Container // the list, or what is shown in its place
	body    *kit.Beside     // the table and the details
	root    fyne.CanvasObject

	drawn      state.Snapshot
	reading    bool
	listShown  bool
	stopSearch func()
	stopDetail func()
	stopTrends func()
	stopVisit  func()
	sought     string // the key that is to be chosen as soon as it is in the list
	trending   bool   // the use of keys is read
}

// New makes the page of the open session.
func New(h *page.Host) *Page {
	p := &Page{
		host: h, list: newKeyList(h), count: kit.Muted("").Cut(60),
		banner: container.NewStack(), table: container.NewStack(),
	}
	p.details = newDetails(h)
	p.header = kit.NewHeader(h.Stage, p.list.columns, p.toggleAll)
	p.header.OnSort = p.sortBy
	h.RememberColumns(p.Name(), p.list.columns, p.header, func() { p.header.Refresh(); p.list.relay() })
	p.list.onChosen = p.chosen
	p.list.onNear = p.more
	p.list.onMenu = p.menu
	p.list.onKey = p.key
	p.list.onLetter = p.letter
	p.list.onAll = p.chooseAll
	p.list.onSeen = p.seen
	query := h.Session.List.Snapshot().Query

	p.search = kit.NewInput(h.Keys())
	p.search.Keys.Escape = func() { p.search.SetText("") }
	p.search.OnDown = p.list.takeFocus
	p.search.SetPlaceHolder(h.Words.T("filter.search-for"))
	p.search.Icon = theme.NewColoredResource(theme.SearchIcon(), kit.ColorMuted)
	p.search.Text = query.Search
	p.search.OnChanged = p.searchChanged
	p.search.OnSubmitted = func(string) { p.list.takeFocus() }
	stateName := func(s string) string { return h.Words.T("state." + s) }
	p.states = p.narrow("filter.state", "filter.all-states", stateNames(), stateName, string(query.State),
		func(q *state.Query, s string) { q.State = apikey.State(s) })
	asItIs := func(s string) string { return s }
	p.roles = p.narrow("filter.role", "filter.all-roles", roleNames(), asItIs, query.Role,
		func(q *state.Query, s string) { q.Role = s })

	create := kit.Primary(h.Words.T("keys.create"), "plus", h.Keys(), func() { Create(h) })
	refresh := h.IconButton("refresh", h.Words.T("filter.reload"), h.Reload)
	title := kit.Column(3, kit.Title(h.Words.T("keys.title")), p.count)
	take := h.IconButton("import", h.Words.T("import.title"), h.ImportKeys)
	export := h.IconButton("export", h.Words.T("export.title"), p.exportMatching)
	head := container.NewBorder(nil, nil, nil,
		kit.Row(8, kit.Middle(refresh), kit.Middle(p.views()), kit.Middle(export), kit.Middle(take),
			kit.Middle(create)), title)
	p.pools, p.active = container.NewStack(), kit.NewChipRow(h.Keys())
	more := kit.NewButton(h.Words.T("filter.more"), "", h.Keys(), p.showFilters)
	p.offerPools()
	p.filters = container.New(&page.FilterLayout{Most: p.filtersOffered, Changed: p.filtersMoved},
		kit.Boxed(p.search), more, p.states.box, p.roles.box, p.pools)
	p.body = h.NewBeside(p.Name(), kit.Card(p.table), p.details.object(), func() bool { return p.details.wanted })
	p.body.Apart = func() bool { return !p.listShown }
	p.mistake = kit.Note("", kit.ColorWarn)
	p.tellMistake()
	top := kit.Column(14, head, kit.Column(4, p.filters, p.mistake), p.active.Object, p.banner, kit.Space(0))
	p.root = kit.Padded(20, 20, 20, 24, container.NewBorder(top, nil, nil, nil, p.body.Object))
	p.banner.Hide()
	p.Updated()
	p.load()
	return p
}

// stateNames are the states that keys can have.
func stateNames() (names []string) {
	for _, s := range apikey.States() {
		names = append(names, string(s))
	}
	return names
}

// roleNames are the roles that keys can have.
func roleNames() (names []string) {
	for _, r := range apikey.Roles() {
		names = append(names, r.String())
	}
	return names
}

// Object is the page as it is drawn.
func (p *Page) Object() fyne.CanvasObject { return p.root }

// Name is that of the page in the sidebar.
func (p *Page) Name() string { return "keys" }

// Focus puts the focus where it belongs.
func (p *Page) Focus() {
	if p.listShown {
		p.list.takeFocus()
	}
}

// FocusSearch leads to the search field.
func (p *Page) FocusSearch() { p.host.Window.Canvas().Focus(p.search) }

// Search searches for a text.
func (p *Page) Search(text string) { p.search.SetText(text) }

// load reads the first page of the query.
func (p *Page) load() {
	session := p.host.Session
	page.Attempt(p.host, session.List.Load, func(error) { p.Updated() }) // the list remembers the error
}

// more reads the next page, when its rows come near.
func (p *Page) more() {
	if p.reading {
		return
	}
	p.reading = true
	session := p.host.Session
	page.Attempt(p.host, session.List.More, func(error) {
		p.reading = false
		p.Updated()
	})
}

func (p *Page) searchChanged(text string) {
	if p.stopSearch != nil {
		p.stopSearch()
	}
	p.stopSearch = p.host.Loop.After(page.SearchPause, func() {
		p.filter(func(q *state.Query) { q.Search = text })
		p.tellMistake()
	})
}

// tellMistake says below the filters what of the search is not read as it is meant.
func (p *Page) tellMistake() {
	mistake := searchMistake(p.host.Words, p.search.Text)
	p.mistake.Set(mistake, kit.ColorWarn)
	kit.Display(p.mistake, mistake != "")
	if p.root != nil {
		p.root.Refresh()
	}
}

func (p *Page) sortBy(sort string) {
	p.filter(func(q *state.Query) {
		if cmp.Or(q.Sort, "name") == sort {
			q.Descending = !q.Descending
		} else {
			q.Sort, q.Descending = sort, sort == "lastUsedAt"
		}
	})
}

// filter asks for other keys.
func (p *Page) filter(change func(*state.Query)) {
	if p.host.Session == nil {
		return
	}
	q := p.host.Session.List.Snapshot().Query
	change(&q)
	p.host.Session.List.SetQuery(q)
	desk := p.host.Session.Connection.Desk()
	p.host.Remember(func(pref *state.Preferences) { pref.Remember(desk, q) })
	p.host.Visited("")
	p.showSorted(q)
	p.load()
}

// showSorted marks the column that the list is sorted by.
func (p *Page) showSorted(q state.Query) { p.header.Sorted(cmp.Or(q.Sort, "name"), q.Descending) }

// Updated shows what the list holds now.
func (p *Page) Updated() {
	h := p.host
	if h.Session == nil {
		return
	}
	p.offerPools()
	s := h.Session.List.Snapshot()
	if p.current(s) {
		p.drawn = s
		chosen := p.list.selection()
		p.list.follow(s)
		if !slices.Equal(chosen, p.list.selection()) {
			p.chosenNow()
		}
		p.details.tick()
		p.readTrends()
		return
	}
	p.drawn = s
	if s.Loaded {
		p.list.show(s)
		if p.sought != "" {
			p.seek()
		}
		text := h.Words.N("keys.count", s.Total)
		if s.Query.Filtered() {
			text = h.Words.N("keys.found", s.Total)
		}
		p.count.Set(text, kit.ColorMuted)
	}
	p.showSorted(s.Query)
	p.showActive(s.Query)
	p.showBanner(s)
	p.showTable(s)
	p.chosenNow()
	h.Redraw()
}

// current reports whether the keys that are drawn are still those, whatever became of each. A window in which nothing
// happens is left alone, because each drawing of it costs; and the program's own key is used each time.
func (p *Page) current(s state.Snapshot) bool {
	return s.Loaded && s.Err == nil && p.drawn.Loaded && p.drawn.Err == nil &&
		s.Query == p.drawn.Query && s.Total == p.drawn.Total && s.More == p.drawn.More &&
		slices.EqualFunc(s.Keys, p.drawn.Keys, func(a, b *api.Key) bool { return a == b || a.ID == b.ID })
}

// showBanner says over the table that the server is away.
func (p *Page) showBanner(s state.Snapshot) {
	p.banner.RemoveAll()
	if s.Err == nil || len(s.Keys) == 0 {
		if p.banner.Visible() {
			p.banner.Hide()
			p.root.Refresh()
		}
		return
	}
	t := p.host.Explain(s.Err)
	p.banner.Add(kit.Alert(true, t.Headline, p.host.Words.T("keys.stale", "when", p.host.Words.Clock(s.At))+" "+t.Next))
	p.banner.Show()
	p.root.Refresh()
}

// showTable shows the list, or what is in its place.
func (p *Page) showTable(s state.Snapshot) {
	h := p.host
	if p.listShown && len(s.Keys) > 0 {
		return
	}
	var shown fyne.CanvasObject
	switch {
	case len(s.Keys) > 0:
		shown = kit.Headed(p.header, p.list)
	case s.Err != nil:
		shown = h.Explain(s.Err).InPlace("", kit.NewButton(h.Words.T("common.retry"), "refresh", h.Keys(), p.load))
	case !s.Loaded:
		shown = kit.Empty("key", h.Words.T("common.loading"), "")
	case s.Query.Filtered():
		all := kit.NewButton(h.Words.T("key.to-list"), "", h.Keys(), p.showAll)
		shown = kit.Empty("search", h.Words.T("keys.none-found"), h.Words.T("keys.none-found-hint"), all)
	default:
		first := kit.Primary(h.Words.T("keys.create-first"), "plus", h.Keys(), func() { Create(h) })
		take := kit.NewButton(h.Words.T("import.title"), "import", h.Keys(), h.ImportKeys)
		shown = kit.Empty("key", h.Words.T("keys.invitation"), h.Words.T("keys.invitation-text"), take, first)
	}
	p.listShown = len(s.Keys) > 0
	p.table.Objects = []fyne.CanvasObject{shown}
	p.table.Refresh()
	if h.At == p && len(h.Modals) == 0 && h.Window.Canvas().Focused() != p.search {
		p.Focus()
	}
}

// showAll takes the search and the filters away.
func (p *Page) showAll() {
	p.search.Text = ""
	p.search.Refresh()
	p.host.Session.List.SetQuery(state.Query{})
	p.host.Open(New(p.host))
}

// chooseAll chooses every key of the query, and reads those first that were not
// read yet.
func (p *Page) chooseAll() {
	session := p.host.Session
	if !session.List.Snapshot().More {
		p.list.chooseAll()
		return
	}
	p.count.Set(p.host.Words.T("common.loading"), kit.ColorMuted)
	page.Attempt(p.host, session.List.All, func(err error) {
		p.drawn = state.Snapshot{} // the count is to be shown again
		p.Updated()
		if err != nil {
			p.host.ShowError(err)
			return
		}
		p.list.chooseAll()
	})
}

// toggleAll chooses every key, or none if all are chosen.
func (p *Page) toggleAll() {
	if p.list.allChosen() {
		p.list.clear()
		return
	}
	p.chooseAll()
}

// chosen follows a change of the choice after a moment.
func (p *Page) chosen() {
	p.header.TickAll(p.list.allChosen())
	p.sought = "" // who chooses another one looks for it no longer
	if p.stopDetail != nil {
		p.stopDetail()
	}
	p.stopDetail = p.host.Loop.After(detailsPause, p.chosenNow)
}

// Choose chooses a key, as soon as it is in the list; no key chooses none.
func (p *Page) Choose(id string) {
	p.sought = id
	p.seek()
}

// seek chooses the key that is sought, if it is there.
func (p *Page) seek() {
	if i := p.list.snapshot.Find(p.sought); i >= 0 {
		p.sought = ""
		p.list.choose(i)
		p.list.ScrollToRow(i)
	} else if p.sought == "" && len(p.list.chosen) > 0 {
		p.list.clear()
	}
}

// visitPause is how long a key is looked at until one can come back to it.
const visitPause = time.Second

// visit notes that somebody looks at a key, if that lasts.
func (p *Page) visit(id string) {
	if p.stopVisit != nil {
		p.stopVisit()
	}
	p.stopVisit = p.host.Loop.After(visitPause, func() {
		if p.host.At == p {
			p.host.Visited(id)
		}
	})
}

func (p *Page) chosenNow() {
	switch keys := p.list.selection(); len(keys) {
	case 0:
		p.details.none()
	case 1:
		p.details.show(*keys[0])
		p.visit(keys[0].ID)
	default:
		p.details.several(keys, p.list.clear)
	}
	p.body.Relay() // in a narrow window the details come and go
}
