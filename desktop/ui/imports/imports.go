// Package imports is the dialog that takes over keys of another system.
package imports

import (
	"context"
	"maps"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// wizard takes over keys in three steps: the other system's database, which keys, and what became of them.
type wizard struct {
	host    *page.Host
	session *state.Session
	dialog  *kit.Modal
	ask     state.Import
	ctx     context.Context // ends with the dialog
	leave   context.CancelFunc
	busy    bool
	next    *kit.Button
	table   *table // of the second step

	system    *kit.Choice
	source    *kit.Input
	zone      *kit.Input
	endpoints *forms.Many
	owner     *kit.Input
	labels    *forms.Many
	zones     *kit.Field
	fields    map[string]*kit.Field // by the server's name for them
}

// Widths of the dialog: with its fields, and with the list of keys, where the server says why some are left out.
const (
	width     = 760
	listWidth = 1120
)

// Open asks for the database of another system.
func Open(h *page.Host) {
	w := h.Words
	i := &wizard{host: h, session: h.Session, dialog: h.NewModal(w.T("import.title"), w.T("import.what"), width)}
	i.ctx, i.leave = context.WithCancel(h.Context)
	i.dialog.OnClosed = func() {
		i.leave()
		i.ask.Forget()
	}
	i.build()
	i.first()
	i.dialog.Show(i.source)
}

// build makes the fields of the first step.
func (i *wizard) build() {
	h, w, k := i.host, i.host.Words, i.dialog.Keys()
	var names []string
	for _, s := range state.Systems() {
		names = append(names, s.Name)
	}
	i.system = kit.NewChoice(names, k, nil)
	i.source, i.zone, i.owner = kit.NewInput(k), kit.NewInput(k), kit.NewInput(k)
	i.zone.SetPlaceHolder("Europe/Berlin")
	for _, in := range []*kit.Input{i.source, i.zone, i.owner} {
		in.OnSubmitted = func(string) { i.preview() }
	}
	browse := kit.NewButton(w.T("files.browse"), "", k, func() {
		h.ChooseFile(w.T("files.database"), i.source.Text, []string{".db", ".sqlite", ".sqlite3"}, i.source.Fill)
	})
	source := container.NewBorder(nil, nil, nil, kit.Padded(0, 0, 0, 8, browse), kit.Boxed(i.source))
	i.endpoints = forms.NewMany(h, i.dialog, w.T("key.endpoints"), "pyroscope, kuma", w.T("import.endpoints-help"))
	i.endpoints.Spaces = true
	i.labels = forms.NewMany(h, i.dialog, w.T("key.labels"), "team=sre, env=prod", w.T("form.labels-help"))
	for _, many := range []*forms.Many{i.endpoints, i.labels} {
		many.Input.OnSubmitted = func(text string) {
			if text == "" {
				i.preview()
			} else {
				many.Take()
			}
		}
	}
	forms.ReadEndpoints(h, i.endpoints.Offers)
	i.zones = kit.NewField(w.T("import.timezone"), i.zone, w.T("import.timezone-help"))
	i.fields = map[string]*kit.Field{
		"from":     kit.NewField(w.T("import.from"), i.system, ""),
		"database": kit.NewField(w.T("import.source"), source, ""),
		"endpoint": i.endpoints.Field, "timezone": i.zones,
		"owner": kit.NewField(w.T("key.owner"), i.owner, w.T("import.owner-help")), "label": i.labels.Field,
	}
	i.system.OnChanged = func(string) { i.follow() }
	i.system.SetSelectedIndex(0)
}

// follow shows what goes with the system.
func (i *wizard) follow() {
	s := state.Systems()[i.system.SelectedIndex()]
	i.source.SetPlaceHolder("/var/lib/" + s.ID + "/" + s.File)
	i.fields["database"].Explain(i.host.Words.T("import.source-help", "name", s.File))
	kit.Display(i.zones.Object, s.ID == "uptime-kuma")
	i.dialog.Relayout()
}

// first shows the first step.
func (i *wizard) first() {
	w := i.host.Words
	i.dialog.Body.RemoveAll()
	i.dialog.Add(kit.Caption(w.T("import.step-1")), i.fields["from"].Object, i.fields["database"].Object,
		i.endpoints.Field.Object, i.fields["owner"].Object, i.labels.Field.Object, i.zones.Object)
	i.next = kit.Primary(w.T("import.preview"), "", i.dialog.Keys(), i.preview)
	i.dialog.Actions(kit.NewButton(w.T("common.cancel"), "", i.dialog.Keys(), i.dialog.Close), i.next)
	i.dialog.Widen(width)
}

// preview reads the database, and shows what would become of its keys.
func (i *wizard) preview() {
	w := i.host.Words
	for _, f := range i.fields {
		f.Fail("")
	}
	from := strings.TrimSpace(i.source.Text)
	if from == "" {
		i.fields["database"].Fail(w.T("import.source-missing"))
		i.dialog.Relayout()
		i.host.Window.Canvas().Focus(i.source)
		return
	}
	i.ask.System = state.Systems()[i.system.SelectedIndex()].ID
	i.ask.Endpoints, i.ask.Numbers, i.ask.TimeZone = i.endpoints.Values(), nil, ""
	i.ask.Owner, i.ask.Labels = strings.TrimSpace(i.owner.Text), i.labels.Values()
	if i.ask.System == "uptime-kuma" {
		i.ask.TimeZone = strings.TrimSpace(i.zone.Text)
	}
	ask := i.ask
	i.run(w.T("import.reading"), func(ctx context.Context) (*api.Import, error) {
		source := state.CompleteSource(from)
		if source != from {
			i.host.Loop.Do(func() { i.source.Fill(source) })
		}
		if err := ask.Take(ctx, source); err != nil {
			return nil, &sourceError{err}
		}
		return i.session.Preview(ctx, &ask)
	}, func(report *api.Import) {
		i.ask = ask
		i.second(report)
	})
}

// second shows what would become of the keys, for a choice.
func (i *wizard) second(report *api.Import) {
	w := i.host.Words
	i.table = newTable(i.host, report, func() { i.offer() })
	i.dialog.Body.RemoveAll()
	i.dialog.Add(kit.Caption(w.T("import.step-2")), i.table.object)
	back := kit.NewButton(w.T("import.back"), "", i.dialog.Keys(), func() {
		i.ask.Forget()
		i.dialog.Warn(nil)
		i.first()
		i.host.Window.Canvas().Focus(i.source)
	})
	i.next = kit.Primary(w.T("import.apply"), "", i.dialog.Keys(), i.takeOver)
	i.dialog.Actions(back, kit.NewButton(w.T("common.cancel"), "", i.dialog.Keys(), i.dialog.Close), i.next)
	i.dialog.Widen(listWidth)
	i.offer()
	i.table.focus()
}

// offer lets the chosen keys be taken over, if there are any.
func (i *wizard) offer() {
	if len(i.table.chosen) == 0 {
		i.next.Disable()
	} else {
		i.next.Enable()
	}
}

// takeOver takes over the keys that are chosen; all are meant if none is named.
func (i *wizard) takeOver() {
	w, chosen := i.host.Words, i.table.numbers()
	i.ask.Numbers = chosen
	if len(chosen) == i.table.good {
		i.ask.Numbers = nil
	}
	ask := i.ask
	i.run(w.N("import.taking", len(chosen)), func(ctx context.Context) (*api.Import, error) {
		return i.session.TakeOver(ctx, &ask)
	}, i.third)
}

// third shows what became of the keys.
func (i *wizard) third(report *api.Import) {
	w := i.host.Words
	i.ask.Forget()
	done := newTable(i.host, report, nil)
	i.dialog.Body.RemoveAll()
	i.dialog.Add(kit.Caption(w.T("import.step-3")), done.object)
	shut := kit.Primary(w.T("common.close"), "", i.dialog.Keys(), i.dialog.Close)
	i.dialog.Actions(shut)
	i.host.Window.Canvas().Focus(shut)
	i.host.Changed()
}

// run asks the server, says meanwhile what it does, and shows what went wrong.
func (i *wizard) run(
	says string, work func(context.Context) (*api.Import, error), done func(*api.Import),
) {
	if i.busy {
		return
	}
	i.busy = true
	i.next.Disable()
	i.dialog.Warn(kit.Muted(says).Cut(60))
	page.InBackground(i.host, func(context.Context) (*api.Import, error) {
		return work(i.ctx)
	}, func(report *api.Import, err error) {
		i.busy = false
		if !i.dialog.Open() {
			return
		}
		i.next.Enable()
		i.dialog.Warn(nil)
		if err != nil {
			i.fail(err)
			return
		}
		done(report)
	})
}

// sourceError is one of the other system's database, and not of the server.
type sourceError struct{ error }

func (e *sourceError) Unwrap() error { return e.error }

// fail shows what is wrong at its field, and what has none above the buttons.
func (i *wizard) fail(err error) {
	t := i.host.Explain(err)
	_, ofSource := err.(*sourceError) //nolint:errorlint // it is never wrapped
	placed := false
	if len(t.Fields) == 0 && (ofSource || t.Kind == state.KindTooLarge || t.Kind == state.KindInvalid) {
		why := t.Detail
		if t.Kind == state.KindNoDatabase || t.Kind == state.KindTooLarge { // which this program found by itself
			why = t.Next
		}
		i.fields["database"].Fail(strings.TrimSpace(t.Headline + " " + why))
		placed = true
	}
	for _, name := range slices.Sorted(maps.Keys(t.Fields)) {
		if f, ok := i.fields[name]; ok {
			f.Fail(t.Fields[name])
			placed = true
		}
	}
	if !placed || i.table != nil && i.dialog.Body.Objects[1] == fyne.CanvasObject(i.table.object) {
		i.dialog.Warn(t.Alert())
	}
	i.dialog.Relayout()
}
