package keys

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
)

// Columns of the list.
const (
	columnName = iota
	columnRole
	columnState
	columnExpires
	columnUsed
	columnOwner
	columnPool
	columnUses
	columnCreated
	columnTrend
)

// newColumns are the columns of the list. The name takes the room that the others leave.
func newColumns(w *words.Words) *kit.Columns {
	column := func(name, text, sort string, width float32) kit.TableColumn {
		return kit.TableColumn{Name: name, Title: w.T(text), Sort: sort, Width: width}
	}
	hidden := func(c kit.TableColumn) kit.TableColumn {
		c.Hidden = true
		return c
	}
	name := column("name", "key.name", "name", 140)
	name.Part = 1
	return kit.NewColumns(kit.TickWidth,
		name,
		column("role", "key.role", "", 70),
		column("state", "key.state", "", 106),
		column("expires", "key.expires", "expiresAt", 112),
		column("used", "key.last-used", "lastUsedAt", 116),
		column("owner", "key.owner", "", 130),
		hidden(column("pool", "key.pool", "", 100)),
		hidden(column("uses", "key.uses", "", 96)),
		hidden(column("created", "key.created", "createdAt", 112)),
		column("trend", "keys.use", "", 84),
	)
}

// keyList is the table of keys: a list whose rows are chosen with mouse and
// keyboard, one or several.
type keyList struct {
	kit.Rows
	host     *page.Host
	columns  *kit.Columns
	snapshot state.Snapshot
	chosen   map[string]bool // by the keys' ids
	current  string          // the row that the arrows start from, by its key's id
	anchor   string          // where a range with Shift begins
	shift    bool
	focused  bool

	onChosen func()                 // the choice has changed
	onNear   func()                 // the last rows that were read are in sight
	onMenu   func(at fyne.Position) // a menu for the chosen rows
	onKey    func(*fyne.KeyEvent) bool
	onLetter func(rune) bool
	onAll    func() // all keys are to be chosen
	onSeen   func() // other rows came into sight
}

func newKeyList(h *page.Host) *keyList {
	l := &keyList{host: h, columns: newColumns(h.Words), chosen: map[string]bool{}}
	count := func() int { return len(l.snapshot.Keys) }
	l.Init(count, func() fyne.CanvasObject { return newKeyRow(l) }, func(i int, o fyne.CanvasObject) {
		o.(*keyRow).show(*l.snapshot.Keys[i])
		if l.onSeen != nil {
			l.onSeen()
		}
		if l.snapshot.More && i > len(l.snapshot.Keys)-60 && l.onNear != nil {
			l.onNear()
		}
	})
	l.ExtendBaseWidget(l)
	return l
}

// show puts other keys into the list. The choice stays with its keys, and the
// row at the top stays there.
func (l *keyList) show(s state.Snapshot) {
	before := l.snapshot
	offset := l.Offset.Y
	l.snapshot = s
	if !s.More || s.Query == before.Query {
		l.keepChosen(s.Keys)
	}
	l.Refresh()
	if s.Query != before.Query {
		l.ScrollTo(0)
	} else if top := int(offset / kit.RowHeight); top > 0 && top < len(before.Keys) {
		if now := s.Find(before.Keys[top].ID); now >= 0 && now != top {
			l.ScrollTo(offset + float32(now-top)*kit.RowHeight)
		}
	}
}

// keepChosen leaves those keys chosen that are still there.
func (l *keyList) keepChosen(keys []*api.Key) {
	if len(l.chosen) == 0 {
		return
	}
	still := make(map[string]bool, len(l.chosen))
	for i := range keys {
		if id := keys[i].ID; l.chosen[id] {
			still[id] = true
		}
	}
	l.chosen = still
}

// tick draws the rows whose words about times are no longer true.
func (l *keyList) tick() { l.follow(l.snapshot) }

// follow shows what became of the keys that are listed, and draws those rows alone that look different.
func (l *keyList) follow(s state.Snapshot) {
	l.snapshot = s
	for at, i := range l.Shown {
		if i >= 0 {
			l.Body.Objects[at].(*keyRow).show(*s.Keys[i])
		}
	}
}

// relay draws the rows with other columns.
func (l *keyList) relay() {
	for _, o := range l.Body.Objects {
		o.(*keyRow).lay()
	}
}

// selection returns the chosen keys in the list's order. It is shared: do not change it.
func (l *keyList) selection() []*api.Key {
	if l.allChosen() {
		return l.snapshot.Keys
	}
	keys := make([]*api.Key, 0, len(l.chosen))
	for i := range l.snapshot.Keys {
		if k := l.snapshot.Keys[i]; l.chosen[k.ID] {
			keys = append(keys, k)
		}
	}
	return keys
}

// choose makes one key the choice.
func (l *keyList) choose(i int) {
	if i < 0 || i >= len(l.snapshot.Keys) {
		return
	}
	k := l.snapshot.Keys[i]
	l.chosen = map[string]bool{k.ID: true}
	l.current, l.anchor = k.ID, k.ID
	l.changed()
}

// toggle adds a key to the choice, or takes it out.
func (l *keyList) toggle(i int) {
	k := l.snapshot.Keys[i]
	if l.chosen[k.ID] {
		delete(l.chosen, k.ID)
	} else {
		l.chosen[k.ID] = true
	}
	l.current, l.anchor = k.ID, k.ID
	l.changed()
}

// extend chooses all keys from the anchor to a row.
func (l *keyList) extend(i int) {
	from := l.snapshot.Find(l.anchor)
	if from < 0 {
		l.choose(i)
		return
	}
	l.chosen = map[string]bool{}
	for _, k := range l.snapshot.Keys[min(from, i) : max(from, i)+1] {
		l.chosen[k.ID] = true
	}
	l.current = l.snapshot.Keys[i].ID
	l.changed()
}

// chooseAll chooses every key that was read.
func (l *keyList) chooseAll() {
	for i := range l.snapshot.Keys {
		l.chosen[l.snapshot.Keys[i].ID] = true
	}
	l.changed()
}

// allChosen reports whether every key of the query is chosen.
func (l *keyList) allChosen() bool {
	return len(l.chosen) > 0 && !l.snapshot.More && len(l.chosen) >= len(l.snapshot.Keys)
}

// clear chooses nothing.
func (l *keyList) clear() {
	clear(l.chosen)
	l.changed()
}

func (l *keyList) changed() {
	l.Refresh()
	if l.onChosen != nil {
		l.onChosen()
	}
}

// pressed handles the mouse on a row.
func (l *keyList) pressed(id string, e *desktop.MouseEvent) {
	i := l.snapshot.Find(id)
	if i < 0 {
		return
	}
	switch {
	case e.Button == desktop.MouseButtonSecondary:
		if !l.chosen[id] {
			l.choose(i)
		}
		l.onMenu(e.AbsolutePosition)
	case e.Modifier&fyne.KeyModifierShift != 0:
		l.extend(i)
	case e.Modifier&fyne.KeyModifierShortcutDefault != 0, e.Position.X < kit.TickWidth:
		l.toggle(i)
	default:
		l.choose(i)
	}
}

// takeFocus gives the list the keyboard.
func (l *keyList) takeFocus() { l.host.Window.Canvas().Focus(l) }

func (l *keyList) FocusGained() { l.focused = true; l.Refresh() }

func (l *keyList) FocusLost() { l.focused, l.shift = false, false; l.Refresh() }

func (l *keyList) KeyDown(e *fyne.KeyEvent) {
	if e.Name == desktop.KeyShiftLeft || e.Name == desktop.KeyShiftRight {
		l.shift = true
	}
}

func (l *keyList) KeyUp(e *fyne.KeyEvent) {
	if e.Name == desktop.KeyShiftLeft || e.Name == desktop.KeyShiftRight {
		l.shift = false
	}
}

func (l *keyList) TypedRune(r rune) {
	if l.onLetter == nil || !l.onLetter(r) {
		l.host.TypedRune(r)
	}
}

func (l *keyList) TypedShortcut(s fyne.Shortcut) {
	if _, all := s.(*fyne.ShortcutSelectAll); all {
		l.onAll()
		return
	}
	l.host.RunShortcut(s)
}

func (l *keyList) TypedKey(e *fyne.KeyEvent) {
	at, page := l.snapshot.Find(l.current), max(int(l.Size().Height/kit.RowHeight)-1, 1)
	switch e.Name {
	case fyne.KeyDown:
		l.walk(at + 1)
	case fyne.KeyUp:
		l.walk(max(at-1, 0))
	case fyne.KeyPageDown:
		l.walk(at + page)
	case fyne.KeyPageUp:
		l.walk(max(at-page, 0))
	case fyne.KeyHome:
		l.walk(0)
	case fyne.KeyEnd:
		l.walk(len(l.snapshot.Keys) - 1)
	case fyne.KeySpace:
		if at >= 0 {
			l.toggle(at)
		}
	case fyne.KeyEscape:
		l.clear()
	default:
		if l.onKey == nil || !l.onKey(e) {
			l.host.TypedKey(e)
		}
	}
}

// walk goes to a row, with Shift choosing all on the way.
func (l *keyList) walk(to int) {
	to = min(to, len(l.snapshot.Keys)-1)
	if to < 0 {
		return
	}
	if l.shift {
		l.extend(to)
	} else {
		l.choose(to)
	}
	l.ScrollToRow(to)
}
