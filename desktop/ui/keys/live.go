package keys

import (
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// live is what the form says of the key while one types: what it may do, what
// speaks against it, and which names of endpoints may be misspelt.
type live struct {
	form     *keyForm
	gate     []api.Endpoint // those of the gate
	known    bool           // the server has named them
	over     bool           // the key was revoked
	present  *time.Time     // the end that the key has; nil = none
	needed   []string       // the endpoints at which it needs a tenant
	sentence *kit.Paragraph
	against  *kit.Paragraph
}

// newLive says it next to the buttons of a form.
func newLive(f *keyForm) *live {
	l := &live{form: f, sentence: kit.Note("", kit.Plain), against: kit.Note("", kit.ColorWarn)}
	l.against.Hide()
	f.dialog.Say(kit.Column(4, l.sentence, l.against))
	after := func(before func(string)) func(string) {
		return func(text string) {
			if before != nil {
				before(text)
			}
			l.show()
		}
	}
	for _, in := range append([]*kit.Input{f.pool, f.blocks}, f.limits.Inputs()...) {
		in.OnChanged = after(in.OnChanged)
	}
	f.role.OnChanged = after(f.role.OnChanged)
	f.life.OnChanged = l.show
	f.endpoints.OnChanged = l.show
	f.tenants.OnChanged = l.show
	return l
}

// know takes the endpoints of the gate.
func (l *live) know(all []api.Endpoint) {
	l.gate, l.known = all, true
	l.form.begins.again(l.form)
	l.show()
}

// sketch is the key as the fields have it.
func (l *live) sketch() sketch {
	f := l.form
	role, _ := apikey.ParseRole(f.role.Selected) // one of those there are
	typed := slices.ContainsFunc(f.limits.Inputs(), func(in *kit.Input) bool {
		return strings.TrimSpace(in.Text) != ""
	})
	return sketch{
		Reach:  state.Reach{Role: role, Pool: strings.TrimSpace(f.pool.Text), Endpoints: f.endpoints.Now()},
		blocks: state.Fields(f.blocks.Text), tenants: f.tenants.Now(), limited: typed,
		lifetime: f.life.Now(), present: l.present,
	}
}

// show says what there is to say now.
func (l *live) show() {
	f, w, s := l.form, l.form.host.Words, l.sketch()
	sentence, against := s.summary(w, l.gate), s.objection(w, l.gate)
	if l.over {
		sentence, against = "", ""
	}
	l.sentence.Set(sentence, kit.Plain)
	l.against.Set(against, kit.ColorWarn)
	kit.Display(l.against, against != "")
	l.doubt(s.Endpoints)
	l.askForTenant(state.Tenanted(s.Opened(l.gate)))
	f.dialog.Relayout()
}

// doubt warns of names that the gate does not have.
func (l *live) doubt(names []string) {
	if !l.known {
		return
	}
	doubt := unknownEndpoints(l.form.host.Words, state.Unknown(names, l.gate))
	if len(names) == 0 {
		doubt = l.fitsNone()
	}
	l.form.endpoints.Field.Doubt(doubt)
}

// fitsNone says that no endpoint of the gate is for what the key began as, so that none named would open all of them;
// it is empty if that is not so.
func (l *live) fitsNone() string {
	w, began := l.form.host.Words, l.form.begins.chosen
	if began == nil || began.ID == state.TemplateCI || len(began.Endpoints) > 0 || len(l.gate) == 0 {
		return ""
	}
	return w.T("template.none-fits", "template", templateName(w, began.ID))
}

// unknownEndpoints says that the gate does not have endpoints of some names; it
// is empty for none.
func unknownEndpoints(w *words.Words, names []string) string {
	if len(names) == 0 {
		return ""
	}
	marked := make([]string, len(names))
	for i, name := range names {
		marked[i] = "“" + name + "”"
	}
	return w.N("key-form.unknown-endpoints", len(names), "names", strings.Join(marked, ", "))
}

// askForTenant says at which endpoints the key needs a tenant.
func (l *live) askForTenant(at []string) {
	if slices.Equal(at, l.needed) {
		return
	}
	l.needed = at
	w := l.form.host.Words
	help := w.T("key-form.tenants-help")
	if len(at) > 0 {
		help = w.T("key-form.tenants-needed", "endpoints", strings.Join(at, ", "))
	}
	l.form.tenants.Field.Explain(help)
}

// of takes the key that is changed. Of one that is over there is nothing to say:
// nothing will be allowed to it.
func (l *live) of(k api.Key) {
	l.present, l.over = k.ExpiresAt, k.State == apikey.StateRevoked
	l.show()
}
