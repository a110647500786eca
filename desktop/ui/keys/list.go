package keys

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// column of the list. The name takes the room that the others leave.
type listColumn struct {
	title string // key of the text
	sort  string // what the server sorts by; empty = nothing
	width float32
}

var listColumns = []listColumn{
	{"key.name", "name", 0},
	{"key.role", "", 70},
	{"key.state", "", 106},
	{"key.expires", "expiresAt", 112},
	{"key.last-used", "lastUsedAt", 116},
	{"key.owner", "", 130},
}

const (
	columnName = iota
	columnRole
	columnState
	columnExpires
	columnUsed
	columnOwner
)

// tickWidth is that of the box that chooses a row.
const tickWidth = 38

// columnPlaces returns where each column begins and how wide it is. Columns
// at the right leave when the name would get too narrow.
func columnPlaces(width float32) (x, w []float32) {
	x, w = make([]float32, len(listColumns)), make([]float32, len(listColumns))
	rest := width - tickWidth - 10
	shown := len(listColumns)
	for shown > 1 {
		need := float32(140)
		for _, c := range listColumns[1:shown] {
			need += c.width
		}
		if need <= rest {
			break
		}
		shown--
	}
	for _, c := range listColumns[1:shown] {
		rest -= c.width
	}
	at := float32(tickWidth)
	for i, c := range listColumns[:shown] {
		x[i], w[i] = at, c.width
		if i == columnName {
			w[i] = rest
		}
		at += w[i]
	}
	return x, w
}

// keyList is the table of keys: a list whose rows are chosen with mouse and
// keyboard, one or several.
type keyList struct {
	kit.Rows
	host     *page.Host
	snapshot state.Snapshot
	chosen   map[string]api.Key
	current  string // the row that the arrows start from, by its key's id
	anchor   string // where a range with Shift begins
	shift    bool
	focused  bool

	onChosen func()                 // the choice has changed
	onNear   func()                 // the last rows that were read are in sight
	onMenu   func(at fyne.Position) // a menu for the chosen rows
	onKey    func(*fyne.KeyEvent) bool
	onLetter func(rune) bool
	onAll    func() // all keys are to be chosen
}

func newKeyList(h *page.Host) *keyList {
	l := &keyList{host: h, chosen: map[string]api.Key{}}
	count := func() int { return len(l.snapshot.Keys) }
	l.Init(count, func() fyne.CanvasObject { return newKeyRow(l) }, func(i int, o fyne.CanvasObject) {
		o.(*keyRow).show(l.snapshot.Keys[i])
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
	for id := range l.chosen {
		if i := s.Find(id); i >= 0 {
			l.chosen[id] = s.Keys[i]
		} else if !s.More || s.Query == before.Query {
			delete(l.chosen, id)
		}
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

// tick draws the rows whose words about times are no longer true.
func (l *keyList) tick() {
	for at, i := range l.Shown {
		if i >= 0 {
			l.Body.Objects[at].(*keyRow).draw()
		}
	}
}

// selection returns the chosen keys in the list's order.
func (l *keyList) selection() []api.Key {
	keys := make([]api.Key, 0, len(l.chosen))
	for _, k := range l.snapshot.Keys {
		if _, ok := l.chosen[k.ID]; ok {
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
	l.chosen = map[string]api.Key{k.ID: k}
	l.current, l.anchor = k.ID, k.ID
	l.changed()
}

// toggle adds a key to the choice, or takes it out.
func (l *keyList) toggle(i int) {
	k := l.snapshot.Keys[i]
	if _, ok := l.chosen[k.ID]; ok {
		delete(l.chosen, k.ID)
	} else {
		l.chosen[k.ID] = k
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
	l.chosen = map[string]api.Key{}
	for _, k := range l.snapshot.Keys[min(from, i) : max(from, i)+1] {
		l.chosen[k.ID] = k
	}
	l.current = l.snapshot.Keys[i].ID
	l.changed()
}

// chooseAll chooses every key that was read.
func (l *keyList) chooseAll() {
	for _, k := range l.snapshot.Keys {
		l.chosen[k.ID] = k
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
	_, isChosen := l.chosen[id]
	switch {
	case e.Button == desktop.MouseButtonSecondary:
		if !isChosen {
			l.choose(i)
		}
		l.onMenu(e.AbsolutePosition)
	case e.Modifier&fyne.KeyModifierShift != 0:
		l.extend(i)
	case e.Modifier&fyne.KeyModifierShortcutDefault != 0, e.Position.X < tickWidth:
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
