package endpoints

import (
	"strings"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// more are the fields that few endpoints need, and that are folded away.
type more struct {
	limits           *forms.Limits
	methods, query   *kit.Input
	paths            *kit.Input // a line each
	headers, schemes *forms.Many
	host             *kit.Check
}

// has reports whether a field of the server's is one of them.
func (m *more) has(name string) bool {
	switch name, _, _ = strings.Cut(name, "."); name {
	case "limitPerKey", "methods", "paths", "headers", "schemes", "query":
		return true
	}
	return false
}

// buildMore makes these fields, and folds them away.
func (f *form) buildMore() {
	w, k, m := f.host.Words, f.dialog.Keys(), &f.more
	m.limits = forms.NewLimits(w, k, w.T("endpoint-form.limits-help"))
	for _, in := range m.limits.Inputs() {
		in.OnSubmitted = func(string) { f.submit() }
	}
	for name, field := range m.limits.Fields {
		f.fields["limitPerKey."+name] = field
	}
	m.methods, m.query, m.paths = f.input("GET: read, POST: write"), f.input("api_key"), kit.NewTextInput(k, 2, 8)
	m.paths.SetPlaceHolder("/ready none\n/api GET: read, POST: write")
	grow := m.paths.OnChanged
	m.paths.OnChanged = func(text string) {
		grow(text)
		f.dialog.Relayout()
	}
	m.headers = f.many("headers", "endpoint-form.headers", "X-Agent-Key", "endpoint-form.headers-help")
	m.schemes = f.many("schemes", "endpoint-form.schemes", "Token", "endpoint-form.schemes-help")
	m.host = kit.NewTickedCheck(w.T("endpoint-form.preserve-host"), k, false, nil)
	f.fold = kit.NewFold(f.dialog, w.T("endpoint-form.more"), kit.Column(16,
		f.add("methods", "endpoint-form.methods", m.methods, "endpoint-form.methods-help"),
		f.add("paths", "endpoint-form.paths", m.paths, "endpoint-form.paths-help"),
		kit.Halves(m.headers.Field.Object, m.schemes.Field.Object),
		f.add("query", "endpoint-form.query", m.query, "endpoint-form.query-help"),
		m.host, m.limits.Object))
	f.dialog.Add(f.fold.Object)
}

// many makes a field for several words, in which Enter takes the one that was typed first.
func (f *form) many(name, text, example, help string) *forms.Many {
	w := f.host.Words
	field := forms.NewMany(f.host, f.dialog, w.T(text), example, w.T(help))
	field.Spaces = true
	field.Input.OnSubmitted = func(typed string) {
		if typed == "" {
			f.submit()
		} else {
			field.Take()
		}
	}
	f.fields[name] = field.Field
	return field
}

// fillMore puts an endpoint into these fields, and shows them if one of them says something.
func (f *form) fillMore(e state.EndpointFields) {
	m := &f.more
	m.limits.Set(e.Limits)
	m.methods.Fill(state.TypedMethods(e.Methods))
	m.paths.SetText(state.TypedPaths(e.Paths))
	m.headers.Set(e.Headers)
	m.schemes.Set(e.Schemes)
	m.query.Fill(e.Query)
	m.host.SetChecked(e.PreserveHost)
	f.fold.Open(e.Limits != apikey.Limits{} || len(e.Methods)+len(e.Paths)+len(e.Headers)+len(e.Schemes) > 0 ||
		e.Query != "" || e.PreserveHost)
}

// filledMore reads these fields, once they were checked.
func (f *form) filledMore(e *state.EndpointFields) {
	m := &f.more
	e.Limits, e.Query, e.PreserveHost = m.limits.Value(), strings.TrimSpace(m.query.Text), m.host.Checked
	e.Methods, _ = state.Methods(m.methods.Text)
	e.Paths, _ = state.Paths(m.paths.Text)
	e.Headers, e.Schemes = m.headers.Values(), m.schemes.Values()
}

// checkMore shows what of them cannot be sent at all; true means nothing.
func (f *form) checkMore() bool {
	w, m := f.host.Words, &f.more
	good := m.limits.Check()
	if _, read := state.Methods(m.methods.Text); !read && f.kind.SelectedIndex() == 0 {
		f.fields["methods"].Fail(w.T("endpoint-form.methods-wrong"))
		good = false
	}
	if _, wrong := state.Paths(m.paths.Text); wrong != "" {
		f.fields["paths"].Fail(w.T("endpoint-form.path-wrong", "line", wrong))
		good = false
	}
	if !good {
		f.fold.Open(true)
	}
	return good
}
