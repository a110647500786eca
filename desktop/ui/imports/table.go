package imports

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// table lists the keys of another system, with what became of each, or would.
type table struct {
	host    *page.Host
	report  *api.Import
	good    int             // how many can be taken over
	chosen  map[string]bool // by their numbers
	changed func()          // the choice is another; nil = nothing can be chosen

	sheet  *kit.Sheet
	said   *kit.Paragraph // what the server says of the key at which the keyboard is
	object *fyne.Container
}

// Columns of the table.
const (
	columnName = iota
	columnNumber
	columnRole
	columnExpires
	columnOutcome
	columnOwner
	columnLabels
	columnWhy
)

// mostRows is how many rows are seen at once.
const mostRows = 8

func newTable(h *page.Host, report *api.Import, changed func()) *table {
	w := h.Words
	t := &table{host: h, report: report, chosen: map[string]bool{}, changed: changed,
		said: kit.Note("", kit.ColorMuted)}
	for _, k := range report.Keys {
		if state.Takeable(k) {
			t.good++
			t.chosen[k.Number] = true
		}
	}
	if len(report.Keys) == 0 {
		t.object = kit.Column(0, kit.Muted(w.T("import.none")))
		return t
	}
	left := float32(14)
	if changed != nil {
		left = kit.TickWidth
	}
	columns := newColumns(w, left, t.outcomes(), report.Keys)
	t.sheet = kit.NewSheet(h.Stage, columns, func() int { return len(report.Keys) }, t.fill)
	t.sheet.Typed, t.sheet.OnChosen = h.TypedKey, t.tell
	if changed != nil {
		t.sheet.Ticked, t.sheet.OnTick = t.ticked, t.tick
		t.sheet.Header.OnAll = t.all
		t.sheet.Header.TickAll(t.good > 0)
	}
	text := "import.did"
	if report.DryRun {
		text = "import.would"
	}
	summary := w.T(text, "n", w.Number(int64(t.good)), "total", w.Number(int64(len(report.Keys))))
	height := float32(min(len(report.Keys), mostRows))*kit.RowHeight + kit.HeaderHeight + 6
	framed := kit.Card(kit.Tall(height, t.sheet.Object))
	t.object = kit.Column(10, kit.NewLabel(summary).Cut(60), framed, t.said)
	t.said.Hide()
	return t
}

// outcomes is the room for what became of the keys.
func (t *table) outcomes() (width float32) {
	for _, k := range t.report.Keys {
		text, _, _ := outcome(t.host.Words, k, t.report.DryRun)
		width = max(width, kit.NewPill(text, "", "").MinSize().Width)
	}
	return width + 10
}

func newColumns(w *words.Words, left, outcomes float32, keys []api.ImportedKey) *kit.Columns {
	column := page.Columns(w)
	outcome := column("outcome", "import.outcome", outcomes, 0)
	outcome.Pill = true
	owner, labels := column("owner", "key.owner", 80, 0), column("labels", "key.labels", 80, 0)
	owner.Hidden = !slices.ContainsFunc(keys, func(k api.ImportedKey) bool { return k.Owner != "" })
	labels.Hidden = !slices.ContainsFunc(keys, func(k api.ImportedKey) bool { return len(k.Labels) > 0 })
	return kit.NewColumns(left,
		column("name", "key.name", 110, 0.1), column("number", "import.its-number", 64, 0),
		column("role", "key.role", 64, 0), column("expires", "key.expires", 96, 0), outcome, owner, labels,
		column("why", "refused.why", 120, 0.9))
}

// fill puts a key into a line.
func (t *table) fill(i int, l *kit.Line) {
	w, k := t.host.Words, t.report.Keys[i]
	expires := k.Ends
	switch {
	case expires != "":
	case k.ExpiresAt != nil:
		expires = w.Day(*k.ExpiresAt)
	default:
		expires = w.T("time.never-expires")
	}
	l.Labels[columnName].Set(k.Name, kit.Plain)
	l.Labels[columnNumber].Set(k.Number, kit.ColorMuted)
	l.Labels[columnRole].Set(k.Role, kit.ColorMuted)
	l.Labels[columnOwner].Set(k.Owner, kit.ColorMuted)
	l.Labels[columnLabels].Set(strings.Join(apikey.LabelTexts(k.Labels), ", "), kit.ColorMuted)
	l.Labels[columnExpires].Set(expires, kit.ColorMuted)
	l.Labels[columnWhy].Set(strings.Join(remarks(w, k), "; "), kit.ColorMuted)
	text, color, tint := outcome(w, k, t.report.DryRun)
	l.Pills[columnOutcome].Set(text, color, tint)
}

// remarks are what the server says of a key.
func remarks(w *words.Words, k api.ImportedKey) (out []string) {
	if k.Reason != "" {
		out = append(out, w.FromServer(k.Reason))
	}
	for _, note := range k.Notes {
		out = append(out, w.FromServer(note))
	}
	return out
}

// outcome says what became of a key, or would.
func outcome(w *words.Words, k api.ImportedKey, dry bool) (text string, color, tint fyne.ThemeColorName) {
	of := func(would, did string) string {
		if dry {
			return w.T(would)
		}
		return w.T(did)
	}
	switch {
	case k.Changed:
		return of("import.will-change", "import.changed"), kit.ColorGood, kit.ColorGoodTint
	case k.Taken:
		return of("import.will-take", "import.taken"), kit.ColorGood, kit.ColorGoodTint
	}
	return w.T("import.skipped"), kit.ColorQuiet, kit.ColorQuietTint
}

// tell shows what the server says of a key as a whole.
func (t *table) tell(i int) {
	text := ""
	if i >= 0 {
		text = strings.Join(remarks(t.host.Words, t.report.Keys[i]), "\n")
	}
	t.said.Set(text, kit.ColorMuted)
	kit.Display(t.said, text != "")
	if n := len(t.host.Modals); n > 0 {
		t.host.Modals[n-1].Relayout()
	}
}

func (t *table) ticked(i int) (on, has bool) {
	k := t.report.Keys[i]
	return t.chosen[k.Number], state.Takeable(k)
}

func (t *table) tick(i int) {
	number := t.report.Keys[i].Number
	if t.chosen[number] {
		delete(t.chosen, number)
	} else {
		t.chosen[number] = true
	}
	t.follow()
}

// all chooses every key, or none if all are chosen.
func (t *table) all() {
	every := len(t.chosen) < t.good
	clear(t.chosen)
	for _, k := range t.report.Keys {
		if every && state.Takeable(k) {
			t.chosen[k.Number] = true
		}
	}
	t.follow()
	t.sheet.Refresh()
}

func (t *table) follow() {
	t.sheet.Header.TickAll(t.good > 0 && len(t.chosen) == t.good)
	t.changed()
}

// numbers are those of the chosen keys, in their order.
func (t *table) numbers() (out []string) {
	for _, k := range t.report.Keys {
		if t.chosen[k.Number] {
			out = append(out, k.Number)
		}
	}
	return out
}

// focus gives the keyboard to the list.
func (t *table) focus() {
	if t.sheet != nil {
		t.host.Window.Canvas().Focus(t.sheet)
	}
}
