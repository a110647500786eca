package ui

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
)

// Heights of the rows of a table, and of the names of its columns.
const (
	rowHeight    = 40
	headerHeight = 36
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
}

const (
	columnName = iota
	columnRole
	columnState
	columnExpires
	columnUsed
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
	widget.List
	ui       *UI
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
}

func newKeyList(u *UI) *keyList {
	l := &keyList{ui: u, chosen: map[string]api.Key{}}
	l.HideSeparators = true
	l.Length = func() int { return len(l.snapshot.Keys) }
	l.CreateItem = func() fyne.CanvasObject { return newKeyRow(l) }
	l.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		if i >= len(l.snapshot.Keys) {
			return
		}
		o.(*keyRow).show(l.snapshot.Keys[i])
		if l.snapshot.More && i > len(l.snapshot.Keys)-60 && l.onNear != nil {
			l.onNear()
		}
	}
	l.ExtendBaseWidget(l)
	return l
}

// show puts other keys into the list. The choice stays with its keys, and the
// row at the top stays there.
func (l *keyList) show(s state.Snapshot) {
	before := l.snapshot
	offset := l.GetScrollOffset()
	l.snapshot = s
	for id := range l.chosen {
		if i := s.Find(id); i >= 0 {
			l.chosen[id] = s.Keys[i]
		} else if !s.More || s.Query == before.Query {
			delete(l.chosen, id)
		}
	}
	if s.Query != before.Query {
		l.ScrollToOffset(0)
	} else if top := int(offset / rowHeight); top > 0 && top < len(before.Keys) {
		if now := s.Find(before.Keys[top].ID); now >= 0 && now != top {
			l.ScrollToOffset(offset + float32(now-top)*rowHeight)
		}
	}
	l.Refresh()
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
func (l *keyList) takeFocus() { l.ui.window.Canvas().Focus(l) }

// FocusGained implements fyne.Focusable.
func (l *keyList) FocusGained() { l.focused = true; l.Refresh() }

// FocusLost implements fyne.Focusable.
func (l *keyList) FocusLost() { l.focused, l.shift = false, false; l.Refresh() }

// KeyDown implements desktop.Keyable.
func (l *keyList) KeyDown(e *fyne.KeyEvent) {
	if e.Name == desktop.KeyShiftLeft || e.Name == desktop.KeyShiftRight {
		l.shift = true
	}
}

// KeyUp implements desktop.Keyable.
func (l *keyList) KeyUp(e *fyne.KeyEvent) {
	if e.Name == desktop.KeyShiftLeft || e.Name == desktop.KeyShiftRight {
		l.shift = false
	}
}

// TypedRune implements fyne.Focusable.
func (l *keyList) TypedRune(r rune) {
	if l.onLetter == nil || !l.onLetter(r) {
		l.ui.typedRune(r)
	}
}

// TypedShortcut implements fyne.Shortcutable.
func (l *keyList) TypedShortcut(s fyne.Shortcut) {
	if _, all := s.(*fyne.ShortcutSelectAll); all {
		l.chooseAll()
		return
	}
	l.ui.runShortcut(s)
}

// TypedKey implements fyne.Focusable.
func (l *keyList) TypedKey(e *fyne.KeyEvent) {
	at, page := l.snapshot.Find(l.current), max(int(l.Size().Height/rowHeight)-1, 1)
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
			l.ui.typedKey(e)
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
	l.ScrollTo(to)
}

// keyRow is a row of the list.
type keyRow struct {
	widget.BaseWidget
	list    *keyList
	key     api.Key
	hovered bool
	drawn   rowLook

	backdrop, bar, line, tick *block
	mark                      *widget.Icon
	cells                     []*label
	state                     *pill
}

// rowLook is all that a row's picture depends on, to draw it only when that
// has changed.
type rowLook struct {
	id, name, role, state, expires, used string
	soon, hovered, chosen, current       bool
}

func newKeyRow(l *keyList) *keyRow {
	r := &keyRow{list: l, backdrop: newBlock(""), bar: newBlock(""), line: newBlock(colorLine), tick: newBlock(""), state: newPill("", "", "")}
	r.tick.radius = 4
	r.mark = widget.NewIcon(nil)
	for i := range listColumns {
		c := muted("").cut(10)
		if i == columnName {
			c.style.Bold, c.color = true, theme.ColorNameForeground
		}
		r.cells = append(r.cells, c)
	}
	r.ExtendBaseWidget(r)
	return r
}

// show puts a key into the row.
func (r *keyRow) show(k api.Key) {
	r.key = k
	r.draw()
}

func (r *keyRow) draw() {
	w, k := r.list.ui.w, r.key
	_, chosen := r.list.chosen[k.ID]
	now := rowLook{
		id: k.ID, name: k.Name, role: k.Role.String(), state: string(k.State),
		expires: alone(w.expiry(k)), used: alone(w.lastUsed(k)), soon: endsSoon(k, w.now()),
		hovered: r.hovered, chosen: chosen, current: r.list.focused && r.list.current == k.ID,
	}
	if now == r.drawn {
		return
	}
	r.drawn = now
	r.cells[columnName].set(now.name, theme.ColorNameForeground)
	r.cells[columnRole].set(now.role, theme.ColorNameForeground)
	expires := colorMuted
	if now.soon {
		expires = colorWarn
	}
	r.cells[columnExpires].set(now.expires, expires)
	r.cells[columnUsed].set(now.used, colorMuted)
	setState(r.state, w, now.state)

	fill := fyne.ThemeColorName("")
	switch {
	case chosen:
		fill = colorRowChosen
	case r.hovered:
		fill = colorRowHover
	}
	paint(r.backdrop, fill, "")
	bar := fyne.ThemeColorName("")
	if now.current || chosen && len(r.list.chosen) == 1 {
		bar = theme.ColorNamePrimary
	}
	paint(r.bar, bar, "")
	switch {
	case chosen:
		paint(r.tick, theme.ColorNamePrimary, "")
		r.mark.SetResource(theme.NewColoredResource(embedded(iconFiles, "icons/check.svg"), theme.ColorNameForegroundOnPrimary))
		r.mark.Show()
	default:
		paint(r.tick, "", theme.ColorNameInputBorder)
		r.mark.Hide()
	}
}

func paint(b *block, fill, stroke fyne.ThemeColorName) {
	if b.fill != fill || b.stroke != stroke {
		b.fill, b.stroke = fill, stroke
		b.Refresh()
	}
}

// setState shows a state: in words, and in a colour beside.
func setState(p *pill, w *words, s string) {
	color, tint := colorQuiet, colorQuietTint
	switch s {
	case "active":
		color, tint = colorGood, colorGoodTint
	case "expired":
		color, tint = colorWarn, colorWarnTint
	case "revoked":
		color, tint = colorBad, colorBadTint
	}
	p.set(w.t("state."+s), color, tint)
}

// endsSoon reports whether a key works and will not for long.
func endsSoon(k api.Key, now time.Time) bool {
	return k.State == "active" && k.ExpiresAt != nil && k.ExpiresAt.Before(now.Add(state.ExpiryNotice))
}

// expiry says when a key ends: far ends as a day, near ones by the distance.
func (w *words) expiry(k api.Key) string {
	switch {
	case k.ExpiresAt == nil:
		return w.t("key.never-expires")
	case endsSoon(k, w.now()):
		return w.relative(*k.ExpiresAt)
	}
	return w.day(*k.ExpiresAt)
}

// lastUsed says when a key was used last.
func (w *words) lastUsed(k api.Key) string {
	if k.LastUsedAt == nil {
		return w.t("key.never-used")
	}
	return w.relative(*k.LastUsedAt)
}

// MouseIn implements desktop.Hoverable.
func (r *keyRow) MouseIn(*desktop.MouseEvent) { r.hovered = true; r.draw() }

// MouseMoved implements desktop.Hoverable.
func (r *keyRow) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (r *keyRow) MouseOut() { r.hovered = false; r.draw() }

// MouseDown implements desktop.Mouseable.
func (r *keyRow) MouseDown(e *desktop.MouseEvent) { r.list.pressed(r.key.ID, e) }

// MouseUp implements desktop.Mouseable.
func (r *keyRow) MouseUp(*desktop.MouseEvent) {}

// Tapped implements fyne.Tappable: the row is the list's, so the list gets
// the keyboard.
func (r *keyRow) Tapped(*fyne.PointEvent) { r.list.takeFocus() }

// CreateRenderer implements fyne.Widget.
func (r *keyRow) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{r.backdrop, r.line, r.bar, r.tick, r.mark}
	for i, c := range r.cells {
		if i == columnState {
			objects = append(objects, r.state)
		} else {
			objects = append(objects, c)
		}
	}
	return &rowRenderer{row: r, objects: objects}
}

type rowRenderer struct {
	row     *keyRow
	objects []fyne.CanvasObject
}

func (r *rowRenderer) Destroy()                     {}
func (r *rowRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *rowRenderer) MinSize() fyne.Size           { return fyne.NewSize(300, rowHeight) }

func (r *rowRenderer) Layout(size fyne.Size) {
	row := r.row
	row.backdrop.Resize(fyne.NewSize(size.Width, size.Height-1))
	row.line.Resize(fyne.NewSize(size.Width, 1))
	row.line.Move(fyne.NewPos(0, size.Height-1))
	row.bar.Resize(fyne.NewSize(3, size.Height-1))
	row.tick.Resize(fyne.NewSquareSize(16))
	row.tick.Move(fyne.NewPos(13, (size.Height-16)/2))
	row.mark.Resize(fyne.NewSquareSize(14))
	row.mark.Move(fyne.NewPos(14, (size.Height-14)/2))
	x, w := columnPlaces(size.Width)
	for i, o := range r.objects[5:] {
		if w[i] == 0 {
			o.Hide()
			continue
		}
		o.Show()
		o.Move(fyne.NewPos(x[i], 0))
		o.Resize(fyne.NewSize(w[i]-10, size.Height))
	}
}

// Refresh is called with every frame of a scroll. What has changed is drawn
// by the row itself; colours follow a new theme.
func (r *rowRenderer) Refresh() {
	r.row.drawn = rowLook{}
	r.row.draw()
	for _, o := range r.objects {
		o.Refresh()
	}
}

// listHeader names the columns and sorts by them.
type listHeader struct {
	widget.BaseWidget
	ui      *UI
	query   state.Query
	onSort  func(sort string)
	cells   []*label
	arrow   *widget.Icon
	hovered int
}

func newListHeader(u *UI, onSort func(string)) *listHeader {
	h := &listHeader{ui: u, onSort: onSort, arrow: widget.NewIcon(nil), hovered: -1}
	for _, c := range listColumns {
		cell := caption(u.w.t(c.title)).cut(10)
		cell.style.Bold = true
		h.cells = append(h.cells, cell)
	}
	h.ExtendBaseWidget(h)
	return h
}

// show marks the column that the list is sorted by.
func (h *listHeader) show(q state.Query) {
	h.query = q
	h.Refresh()
}

// at returns the column at a place that can be sorted by, or -1.
func (h *listHeader) at(p fyne.Position) int {
	x, w := columnPlaces(h.Size().Width)
	for i := range x {
		if w[i] > 0 && p.X >= x[i] && p.X < x[i]+w[i] && listColumns[i].sort != "" {
			return i
		}
	}
	return -1
}

// Tapped implements fyne.Tappable.
func (h *listHeader) Tapped(e *fyne.PointEvent) {
	if i := h.at(e.Position); i >= 0 {
		h.onSort(listColumns[i].sort)
	}
}

// MouseIn implements desktop.Hoverable.
func (h *listHeader) MouseIn(e *desktop.MouseEvent) { h.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (h *listHeader) MouseMoved(e *desktop.MouseEvent) {
	if i := h.at(e.Position); i != h.hovered {
		h.hovered = i
		h.Refresh()
	}
}

// MouseOut implements desktop.Hoverable.
func (h *listHeader) MouseOut() { h.hovered = -1; h.Refresh() }

// CreateRenderer implements fyne.Widget.
func (h *listHeader) CreateRenderer() fyne.WidgetRenderer {
	r := &headerRenderer{header: h, line: canvas.NewRectangle(color.Transparent)}
	r.Refresh()
	return r
}

type headerRenderer struct {
	header *listHeader
	line   *canvas.Rectangle
}

func (r *headerRenderer) Destroy()           {}
func (r *headerRenderer) MinSize() fyne.Size { return fyne.NewSize(300, headerHeight) }
func (r *headerRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.line, r.header.arrow}
	for _, c := range r.header.cells {
		objects = append(objects, c)
	}
	return objects
}

func (r *headerRenderer) Layout(size fyne.Size) {
	r.line.Resize(fyne.NewSize(size.Width, 1))
	r.line.Move(fyne.NewPos(0, size.Height-1))
	x, w := columnPlaces(size.Width)
	r.header.arrow.Hide()
	for i, c := range r.header.cells {
		if w[i] == 0 {
			c.Hide()
			continue
		}
		c.Show()
		c.Move(fyne.NewPos(x[i], 0))
		c.Resize(fyne.NewSize(w[i]-10, size.Height))
		if sort := listColumns[i].sort; sort != "" && sort == r.header.sorted() {
			text := min(fyne.MeasureText(c.text, c.size, c.style).Width, w[i]-26)
			r.header.arrow.Resize(fyne.NewSquareSize(14))
			r.header.arrow.Move(fyne.NewPos(x[i]+text+4, (size.Height-14)/2))
			r.header.arrow.Show()
		}
	}
}

func (h *listHeader) sorted() string {
	if h.query.Sort == "" {
		return "name"
	}
	return h.query.Sort
}

func (r *headerRenderer) Refresh() {
	h := r.header
	refill(r.line, colorLine)
	name := "up"
	if h.query.Descending {
		name = "down"
	}
	h.arrow.SetResource(theme.NewColoredResource(embedded(iconFiles, "icons/"+name+".svg"), theme.ColorNameForeground))
	for i, c := range h.cells {
		color := colorMuted
		if i == h.hovered || listColumns[i].sort != "" && listColumns[i].sort == h.sorted() {
			color = theme.ColorNameForeground
		}
		c.set(c.text, color)
	}
	r.Layout(h.Size())
}
