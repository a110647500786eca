package ui

import (
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
)

const day = 24 * time.Hour

// longest is the longest lifetime that a server takes.
const longest = 100 * 365 * day

// lifetime is the field for how long a key lives: presets, a number of
// seconds, a last day, or never.
type lifetime struct {
	ui      *UI
	policy  api.Policy
	kinds   *kit.Choice
	values  []time.Duration // of the presets; the words behind them are below
	seconds *kit.Input
	date    *kit.DateInput
	more    *fyne.Container
	field   *kit.Field
	keep    bool
}

// The words among the choices, as lengths that no preset has.
const (
	chooseKeep   time.Duration = -1
	chooseDate   time.Duration = -2
	chooseNumber time.Duration = -3
	chooseNever  time.Duration = -4
)

// newLifetime makes the field. Keep adds the choice to leave the end as it
// is, for a key that exists.
func newLifetime(u *UI, k kit.Keys, keep bool) *lifetime {
	l := &lifetime{ui: u, policy: u.session.Policy, keep: keep, more: container.NewStack()}
	l.seconds = kit.NewInput(k)
	l.seconds.SetPlaceHolder("3600")
	l.seconds.OnChanged = func(string) { l.explain() }
	l.date = kit.NewDateInput(u.Stage, k, func() { l.explain() })

	var options []string
	add := func(text string, d time.Duration) {
		options, l.values = append(options, text), append(l.values, d)
	}
	if keep {
		add(u.Words.T("lifetime.keep"), chooseKeep)
	}
	start := 0
	for _, n := range l.policy.Offers.Lifetimes {
		if n == l.policy.DefaultTTL && !keep {
			start = len(options)
		}
		add(u.Words.Span(state.Seconds(n)), state.Seconds(n))
	}
	add(u.Words.T("lifetime.date"), chooseDate)
	add(u.Words.T("lifetime.seconds"), chooseNumber)
	if l.policy.MaxTTL == 0 {
		if l.policy.DefaultTTL == 0 && !keep {
			start = len(options)
		}
		add(u.Words.T("lifetime.never"), chooseNever)
	}
	l.kinds = kit.NewChoice(options, k, nil)
	l.field = kit.NewField(u.Words.T("lifetime.label"), kit.Halves(kit.Boxed(l.kinds), l.more), "")
	l.kinds.OnChanged = func(string) { l.chosen() }
	l.kinds.SetSelectedIndex(start)
	return l
}

func (l *lifetime) kind() time.Duration { return l.values[l.kinds.SelectedIndex()] }

func (l *lifetime) chosen() {
	l.more.RemoveAll()
	switch l.kind() {
	case chooseNumber:
		l.more.Add(kit.Boxed(l.seconds))
	case chooseDate:
		l.more.Add(l.date.Object)
	}
	l.more.Refresh()
	l.explain()
}

// explain says what the choice leads to, and what the policy allows.
func (l *lifetime) explain() {
	w := l.ui.Words
	var parts []string
	switch end, ok := l.end(); {
	case l.kind() == chooseNever:
		parts = append(parts, w.T("lifetime.without-end"))
	case l.kind() == chooseDate && ok:
		parts = append(parts, w.T("lifetime.whole-day"))
	case ok:
		parts = append(parts, w.T("lifetime.ends", "at", w.Moment(end)))
	}
	if l.policy.MaxTTL > 0 {
		parts = append(parts, w.T("lifetime.limit", "max", w.Span(time.Duration(l.policy.MaxTTL)*time.Second)))
	}
	l.field.Explain(strings.Join(parts, " "))
}

// end is when a key would end that was made now.
func (l *lifetime) end() (time.Time, bool) {
	now := l.ui.Words.Now()
	switch l.kind() {
	case chooseKeep, chooseNever:
		return time.Time{}, false
	case chooseDate:
		at, err := time.Parse(time.DateOnly, l.date.Input.Text)
		return at.AddDate(0, 0, 1), err == nil
	case chooseNumber:
		n, err := strconv.ParseInt(strings.TrimSpace(l.seconds.Text), 10, 64)
		ok := err == nil && n > 0 && n <= int64(longest/time.Second)
		if !ok {
			n = 0
		}
		return now.Add(time.Duration(n) * time.Second), ok
	}
	return now.Add(l.kind()), true
}

// check says what is wrong with the choice, and shows it; true means nothing.
func (l *lifetime) check() bool {
	w, now := l.ui.Words, l.ui.Words.Now()
	end, ok := l.end()
	wrong := ""
	switch {
	case l.kind() == chooseKeep, l.kind() == chooseNever:
	case !ok && l.kind() == chooseNumber:
		wrong = w.T("lifetime.not-seconds")
	case !ok:
		wrong = w.T("lifetime.no-date")
	case !end.After(now):
		wrong = w.T("lifetime.past")
	case l.policy.MaxTTL > 0 && end.After(now.Add(time.Duration(l.policy.MaxTTL)*time.Second)):
		wrong = w.T("lifetime.too-long", "max", w.Span(time.Duration(l.policy.MaxTTL)*time.Second))
	}
	l.field.Fail(wrong)
	return wrong == ""
}

// value is the choice as the resource API takes it.
func (l *lifetime) value() (api.Span, api.Expiry) {
	switch l.kind() {
	case chooseKeep:
		return "", ""
	case chooseNever:
		return api.Never, ""
	case chooseDate:
		return "", api.Expiry(l.date.Input.Text)
	case chooseNumber:
		return api.Span(strings.TrimSpace(l.seconds.Text)), ""
	}
	return api.SpanOf(l.kind()), ""
}
