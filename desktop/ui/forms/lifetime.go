package forms

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
)

// asEach is what it is called that each of several keys lives as long again as it was made to.
const asEach = "lifetime.as-each"

// Lifetime is the field for how long a key lives: presets, a number of
// seconds, a last day, or never.
type Lifetime struct {
	Field     *kit.Field
	OnChanged func() // the choice, or what was typed for it; may be nil

	words   *words.Words
	keep    string // text of LifetimeKeep
	policy  api.Policy
	offers  []state.Lifetime
	kinds   *kit.Choice
	seconds *kit.Input
	date    *kit.DateInput
	more    *fyne.Container // what the choice asks for
}

// NewLifetime makes the field. Keep adds the choice to leave the end as it
// is, for a key that exists.
func NewLifetime(h *page.Host, k kit.Keys, keep bool) *Lifetime {
	if keep {
		return newLifetime(h, k, "lifetime.keep")
	}
	return newLifetime(h, k, "")
}

// newLifetime makes the field. Keep is the text of the choice of what there is; empty leaves that out.
func newLifetime(h *page.Host, k kit.Keys, keep string) *Lifetime {
	l := &Lifetime{words: h.Words, policy: h.Session.Policy, more: container.NewStack(), keep: keep}
	l.seconds = kit.NewInput(k)
	l.seconds.SetPlaceHolder("3600")
	l.seconds.OnChanged = func(string) { l.explain() }
	l.date = kit.NewDateInput(h.Stage, k, func() { l.explain() })

	var start int
	l.offers, start = state.Lifetimes(l.policy, keep != "")
	options := make([]string, len(l.offers))
	for i, offer := range l.offers {
		options[i] = l.name(offer)
	}
	l.kinds = kit.NewChoice(options, k, nil)
	l.Field = kit.NewField(h.Words.T("lifetime.label"), kit.Halves(kit.Boxed(l.kinds), l.more), "")
	l.kinds.OnChanged = func(string) { l.chosen() }
	l.kinds.SetSelectedIndex(start)
	return l
}

func (l *Lifetime) name(offer state.Lifetime) string {
	w := l.words
	switch offer.Kind {
	case state.LifetimeKeep:
		return w.T(l.keep)
	case state.LifetimeDate:
		return w.T("lifetime.date")
	case state.LifetimeSeconds:
		return w.T("lifetime.seconds")
	case state.LifetimeNever:
		return w.T("lifetime.never")
	case state.LifetimePreset:
	}
	return w.Span(offer.Preset)
}

// First is what gets the focus.
func (l *Lifetime) First() *kit.Choice { return l.kinds }

// Inputs are the fields for text, in which Enter submits a form.
func (l *Lifetime) Inputs() []*kit.Input { return []*kit.Input{l.seconds, l.date.Input} }

// Choose chooses one of those that the server offers; another one is ignored.
func (l *Lifetime) Choose(wanted state.Lifetime) {
	if i := slices.Index(l.offers, wanted); i >= 0 {
		l.kinds.SetSelectedIndex(i)
	}
}

// Now is the choice with what was typed for it.
func (l *Lifetime) Now() state.Lifetime {
	chosen := l.offers[l.kinds.SelectedIndex()]
	switch chosen.Kind {
	case state.LifetimeSeconds:
		chosen.Text = l.seconds.Text
	case state.LifetimeDate:
		chosen.Text = strings.TrimSpace(l.date.Input.Text)
		if day, read := l.words.ReadDay(chosen.Text); read {
			chosen.Text = day
		}
	case state.LifetimePreset, state.LifetimeKeep, state.LifetimeNever:
	}
	return chosen
}

func (l *Lifetime) chosen() {
	l.more.RemoveAll()
	switch l.Now().Kind {
	case state.LifetimeSeconds:
		l.more.Add(kit.Boxed(l.seconds))
	case state.LifetimeDate:
		l.more.Add(l.date.Object)
	case state.LifetimePreset, state.LifetimeKeep, state.LifetimeNever:
	}
	l.more.Refresh()
	l.explain()
}

// explain says what the choice leads to, and what the policy allows.
func (l *Lifetime) explain() {
	w, chosen := l.words, l.Now()
	var parts []string
	switch end, ok := chosen.End(w.Now()); {
	case chosen.Kind == state.LifetimeKeep && l.keep == asEach:
		parts = append(parts, w.T("lifetime.as-each-why"))
	case chosen.Kind == state.LifetimeNever:
		parts = append(parts, w.T("lifetime.without-end"))
	case chosen.Kind == state.LifetimeDate && ok:
		parts = append(parts, w.T("lifetime.whole-day"))
	case ok:
		parts = append(parts, w.T("lifetime.ends-at", "at", w.Moment(end)))
	}
	if l.policy.MaxTTL > 0 {
		parts = append(parts, w.T("lifetime.limit", "max", w.Span(state.Seconds(l.policy.MaxTTL))))
	}
	l.Field.Explain(strings.Join(parts, " "))
	if l.OnChanged != nil {
		l.OnChanged()
	}
}

// Check shows what is wrong with the choice; true means nothing.
func (l *Lifetime) Check() bool {
	wrong := l.Wrong()
	l.Field.Fail(wrong)
	return wrong == ""
}

// Wrong says what is wrong with the choice; empty means nothing.
func (l *Lifetime) Wrong() string {
	fault := l.Now().Check(l.policy, l.words.Now())
	if fault == "" {
		return ""
	}
	return l.words.T("lifetime."+string(fault), "max", l.words.Span(state.Seconds(l.policy.MaxTTL)))
}

// Value is the choice as the resource API takes it.
func (l *Lifetime) Value() (api.Span, api.Expiry) { return l.Now().Value() }
