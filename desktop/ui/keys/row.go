package keys

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// keyRow is a row of the list.
type keyRow struct {
	widget.BaseWidget
	list    *keyList
	key     api.Key
	hovered bool
	drawn   rowLook
	counts  bool // how often the key was used is in sight

	backdrop, bar, line *kit.Block
	tick                *kit.Tick
	cells               []*kit.Label
	state               *kit.Pill
	trend               *kit.Spark
	labels              *kit.Label // behind the name, as far as there is room
	unabridged          *kit.Unabridged
}

// rowLook is all that a row's picture depends on, to draw it only when that
// has changed.
type rowLook struct {
	id, name, labels, role, owner, expires, used string
	pool, uses, created                          string
	state                                        apikey.State
	soon, hovered, chosen, current               bool
}

func newKeyRow(l *keyList) *keyRow {
	r := &keyRow{
		list: l, backdrop: kit.NewBlock(""), bar: kit.NewBlock(""), line: kit.NewBlock(kit.ColorLine),
		tick: kit.NewTick(), trend: kit.NewSpark(),
		state: kit.NewPill("", "", ""), labels: kit.Caption("").Cut(10), unabridged: kit.NewUnabridged(l.host.Stage),
	}
	for i := range l.columns.All {
		c := kit.Muted("").Cut(10)
		if i == columnName {
			c.Style.Bold, c.Color = true, theme.ColorNameForeground
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
	w, k := r.list.host.Words, r.key
	chosen := r.list.chosen[k.ID]
	days := r.list.trend(k.ID)
	r.trend.Set(days, nil, inWords(w, days, nil))
	now := rowLook{
		id: k.ID, name: k.Name, labels: strings.Join(apikey.LabelTexts(k.Labels), "  "),
		role: k.Role.String(), owner: k.Owner, state: k.State, pool: k.Pool,
		created: w.Day(k.CreatedAt),
		expires: words.Alone(expiry(w, k)), used: words.Alone(lastUsed(w, k)), soon: state.EndsSoon(k, w.Now()),
		hovered: r.hovered, chosen: chosen, current: r.list.focused && r.list.current == k.ID,
	}
	if r.counts {
		now.uses = w.Number(k.UseCount)
	}
	if now == r.drawn {
		return
	}
	if now.id != r.drawn.id {
		r.unabridged.Leave()
	}
	r.drawn = now
	r.cells[columnName].Set(now.name, theme.ColorNameForeground)
	r.cells[columnRole].Set(now.role, theme.ColorNameForeground)
	expires := kit.ColorMuted
	if now.soon {
		expires = kit.ColorWarn
	}
	r.cells[columnExpires].Set(now.expires, expires)
	r.cells[columnUsed].Set(now.used, kit.ColorMuted)
	r.cells[columnOwner].Set(now.owner, kit.ColorMuted)
	r.cells[columnPool].Set(now.pool, kit.ColorMuted)
	r.cells[columnUses].Set(now.uses, kit.ColorMuted)
	r.cells[columnCreated].Set(now.created, kit.ColorMuted)
	r.labels.Set(now.labels, kit.ColorMuted)
	r.placeLabels()
	forms.SetState(r.state, w, now.state)

	fill := fyne.ThemeColorName("")
	switch {
	case chosen:
		fill = kit.ColorRowChosen
	case r.hovered:
		fill = kit.ColorRowHover
	}
	kit.Paint(r.backdrop, fill, "")
	bar := fyne.ThemeColorName("")
	if now.current || chosen && len(r.list.chosen) == 1 {
		bar = theme.ColorNamePrimary
	}
	kit.Paint(r.bar, bar, "")
	r.tick.Set(chosen)
}

// expiry says when a key ends: far ends as a day, near ones by the distance.
func expiry(w *words.Words, k api.Key) string {
	switch {
	case k.ExpiresAt == nil:
		return w.T("time.never-expires")
	case state.EndsSoon(k, w.Now()):
		return w.Relative(*k.ExpiresAt)
	}
	return w.Day(*k.ExpiresAt)
}

// lastUsed says when a key was used last.
func lastUsed(w *words.Words, k api.Key) string {
	if k.LastUsedAt == nil {
		return w.T("key.never-used")
	}
	return w.Relative(*k.LastUsedAt)
}

func (r *keyRow) MouseIn(*desktop.MouseEvent) { r.hovered = true; r.draw() }

// MouseMoved shows all of what is cut under the pointer, and says what is drawn.
func (r *keyRow) MouseMoved(e *desktop.MouseEvent) {
	r.unabridged.Follow(e.Position, append([]*kit.Label{r.labels}, r.cells...), r.trend)
}

func (r *keyRow) MouseOut() { r.hovered = false; r.draw(); r.unabridged.Leave() }

func (r *keyRow) MouseDown(e *desktop.MouseEvent) { r.list.pressed(r.key.ID, e) }

func (r *keyRow) MouseUp(*desktop.MouseEvent) {}

// Tapped gives the keyboard to the list, which the row belongs to.
func (r *keyRow) Tapped(*fyne.PointEvent) { r.list.takeFocus() }

func (r *keyRow) CreateRenderer() fyne.WidgetRenderer {
	objects := append([]fyne.CanvasObject{r.backdrop, r.line, r.bar, r.labels}, r.tick.Objects()...)
	for i, c := range r.cells {
		switch i {
		case columnState:
			objects = append(objects, r.state)
		case columnTrend:
			objects = append(objects, r.trend)
		default:
			objects = append(objects, c)
		}
	}
	return &rowRenderer{row: r, objects: objects}
}

// lay puts the cells to the places of their columns.
func (r *keyRow) lay() {
	size := r.Size()
	x, w := r.list.columns.Places(size.Width)
	for i, c := range r.cells {
		var cell fyne.CanvasObject = c
		switch i {
		case columnState:
			cell = r.state
		case columnTrend:
			kit.Display(r.trend, w[i] > 0)
			r.trend.Move(fyne.NewPos(x[i], (size.Height-sparkTall)/2))
			r.trend.Resize(fyne.NewSize(max(w[i]-14, 0), sparkTall))
			continue
		}
		kit.Display(cell, w[i] > 0)
		if w[i] > 0 {
			cell.Move(fyne.NewPos(x[i], 0))
			cell.Resize(fyne.NewSize(w[i]-10, size.Height))
		}
	}
	r.placeLabels()
	if counts := w[columnUses] > 0; counts != r.counts {
		r.counts = counts
		r.draw()
	}
}

// placeLabels puts the labels behind the name, if there is room for some of them.
func (r *keyRow) placeLabels() {
	const gap, least = 12, 48
	name := r.cells[columnName]
	taken := fyne.MeasureText(name.Text, name.TextSize, name.Style).Width + gap
	rest := name.Size().Width - taken
	if !name.Visible() {
		rest = 0
	}
	kit.Display(r.labels, r.labels.Text != "" && rest >= least)
	r.labels.Move(name.Position().AddXY(kit.Whole(taken), 0))
	r.labels.Resize(fyne.NewSize(rest, name.Size().Height))
}

// sparkTall is how high the bars of a key's use are.
const sparkTall = 20

type rowRenderer struct {
	row     *keyRow
	objects []fyne.CanvasObject
}

func (r *rowRenderer) Destroy()                     {}
func (r *rowRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *rowRenderer) MinSize() fyne.Size           { return fyne.NewSize(300, kit.RowHeight) }

func (r *rowRenderer) Layout(size fyne.Size) {
	row := r.row
	row.backdrop.Resize(fyne.NewSize(size.Width, size.Height-1))
	row.line.Resize(fyne.NewSize(size.Width, 1))
	row.line.Move(fyne.NewPos(0, size.Height-1))
	row.bar.Resize(fyne.NewSize(3, size.Height-1))
	row.tick.Place(size.Height)
	row.lay()
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
