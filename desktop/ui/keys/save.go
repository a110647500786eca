package keys

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"strings"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// exportFormats are the forms of a file of keys, with what they are called.
var exportFormats = []struct {
	format state.ExportFormat
	text   string
}{{state.ExportCSV, "export.csv"}, {state.ExportJSON, "export.json"}}

// exportMatching writes all keys that match the filters to a file.
func (p *Page) exportMatching() {
	session := p.host.Session
	now := session.List.Snapshot()
	text := p.host.Words.N("keys.count", now.Total)
	if now.Query.Filtered() {
		text = p.host.Words.N("keys.found", now.Total)
	}
	showExport(p.host, text, func(ctx context.Context) iter.Seq2[api.Key, error] {
		return session.Matching(ctx, now.Query)
	})
}

// exportChosen writes some keys to a file, as they are in the list.
func exportChosen(h *page.Host, keys []*api.Key) {
	showExport(h, h.Words.N("keys.chosen", len(keys)), func(context.Context) iter.Seq2[api.Key, error] {
		return func(yield func(api.Key, error) bool) {
			for _, k := range keys {
				if !yield(*k, nil) {
					return
				}
			}
		}
	})
}

// showExport asks for a file and its form, and writes keys to it. While they are read that can be stopped.
func showExport(h *page.Host, which string, keys func(context.Context) iter.Seq2[api.Key, error]) {
	w := h.Words
	m := h.NewModal(w.T("export.title"), which, 560)
	file := forms.NewFile(h, m, state.ExportFile(state.ExportCSV), w.T("token.save-help"), w.T("files.directory"))
	var names []string
	for _, f := range exportFormats {
		names = append(names, w.T(f.text))
	}
	format := kit.NewChoice(names, m.Keys(), nil)
	chosen := func() state.ExportFormat { return exportFormats[format.SelectedIndex()].format }
	format.SetSelectedIndex(0)
	format.OnChanged = func(string) {
		path := file.Path.Text
		file.Path.Fill(strings.TrimSuffix(path, filepath.Ext(path)) + "." + string(chosen()))
	}
	m.Add(kit.NewField(w.T("export.format"), format, "").Object, file.Field.Object)

	stop := func() {}
	m.OnClosed = func() { stop() }
	cancel := kit.NewButton(w.T("common.cancel"), "", m.Keys(), m.Close)
	var save *kit.Button
	save = kit.Primary(w.T("export.title"), "", m.Keys(), func() {
		ctx, end := context.WithCancel(h.Context)
		stop = end
		path, as := file.Path.Text, chosen()
		halt := kit.NewButton(w.T("export.running", "n", w.Number(0)), "", m.Keys(), end)
		m.Warn(nil)
		m.Actions(halt)
		h.Window.Canvas().Focus(halt)
		page.Attempt(h, func(context.Context) error {
			return state.Export(path, as, keys(ctx), func(n int) {
				h.Loop.Do(func() { halt.SetText(w.T("export.running", "n", w.Number(int64(n)))) })
			})
		}, func(err error) {
			end()
			switch {
			case err == nil:
				m.End()
				h.Toasts.Good(w.T("token.saved", "path", path))
				return
			case !errors.Is(err, context.Canceled):
				m.Warn(forms.NotSaved(h, err))
			}
			m.Actions(cancel, save)
		})
	})
	file.Path.OnSubmitted = func(string) { save.OnTapped() }
	m.Actions(cancel, save)
	m.Show(format)
}
