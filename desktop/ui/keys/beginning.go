package keys

import (
	"slices"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/words"
)

// beginning is as what a new key begins.
type beginning struct {
	led    bool // by the first steps
	picks  *kit.Picks
	offers []state.Template
	chosen *state.Template // nil = none
}

// snippet is the use of the new token that is shown first.
func (b *beginning) snippet() state.SnippetID {
	if b.chosen == nil {
		return ""
	}
	return b.chosen.ID.Snippet()
}

// offerTemplates lets a new key begin as what a kind of client needs.
func (f *keyForm) offerTemplates() {
	b, w := &f.begins, f.host.Words
	b.offers = state.Templates(f.host.Session.Policy, nil)
	names := make([]string, len(b.offers))
	for i, t := range b.offers {
		names[i] = templateName(w, t.ID)
	}
	b.picks = kit.NewPicks(f.dialog.Keys(), w.T("template.label"), names, func(i int) {
		f.begin(b.offers[i].ID)
		f.host.Window.Canvas().Focus(f.name)
	})
	f.dialog.Body.Objects = slices.Insert(f.dialog.Body.Objects, 0, b.picks.Object)
}

// begin fills in what a kind of client needs. A description that was typed stays.
func (f *keyForm) begin(id state.TemplateID) {
	b, w := &f.begins, f.host.Words
	all := state.Templates(f.host.Session.Policy, f.live.gate)
	i := slices.IndexFunc(all, func(t state.Template) bool { return t.ID == id })
	if i < 0 {
		return
	}
	t := all[i]
	if f.about.Text == "" || b.chosen != nil && f.about.Text == templateText(w, b.chosen.ID) {
		f.about.Fill(templateText(w, id))
	}
	b.chosen = &t
	b.picks.Choose(i)
	f.role.SetSelected(t.Role.String())
	f.endpoints.Set(t.Endpoints)
	f.endpoints.Field.Fail("") // it was about what was chosen before
	f.life.Choose(t.Lifetime)
}

// again puts in the endpoints of what was chosen before they were known, unless
// others were put in.
func (b *beginning) again(f *keyForm) {
	if b.chosen == nil || !slices.Equal(f.endpoints.Now(), b.chosen.Endpoints) {
		return
	}
	for _, t := range state.Templates(f.host.Session.Policy, f.live.gate) {
		if t.ID == b.chosen.ID {
			b.chosen = &t
			f.endpoints.Set(t.Endpoints)
		}
	}
}

// templateName is what a template is called.
func templateName(w *words.Words, id state.TemplateID) string {
	switch id {
	case state.TemplateAlloy:
		return "Alloy"
	case state.TemplateScrape:
		return w.T("template.scrape")
	case state.TemplateCollector:
		return "Collector"
	case state.TemplateDataSource:
		return w.T("template.data-source")
	case state.TemplateCI:
		return "CI"
	}
	return string(id)
}

// templateText describes a key that began as a template.
func templateText(w *words.Words, id state.TemplateID) string {
	switch id {
	case state.TemplateAlloy:
		return w.T("template.alloy")
	case state.TemplateScrape:
		return w.T("template.scraped-by")
	case state.TemplateCollector:
		return w.T("template.collector")
	case state.TemplateDataSource:
		return w.T("template.read-by")
	case state.TemplateCI:
		return w.T("template.ci")
	}
	return ""
}
