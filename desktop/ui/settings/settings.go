// Package settings is the page of what is chosen for the program itself.
package settings

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
)

// Page is where colours, language and the local gate are chosen.
type Page struct {
	host  *page.Host
	theme *kit.Choice
	gate  *gateSwitch
	root  fyne.CanvasObject

	policy   *policyForm // of the open session; nil without one
	language func()      // shows which language is spoken
}

// New makes the page.
func New(h *page.Host) *Page {
	p := &Page{host: h}
	w, now := h.Words, h.App.Settings.Get()
	pick := func(values []string, current, prefix string, chosen func(string)) *kit.Choice {
		options, index := []string{}, 0
		for i, v := range values {
			options = append(options, w.T(prefix+v))
			if v == current {
				index = i
			}
		}
		c := kit.NewChoice(options, h.Keys(), nil)
		c.SetSelectedIndex(index)
		c.OnChanged = func(string) { chosen(values[c.SelectedIndex()]) }
		return c
	}
	p.theme = pick([]string{"", "dark", "light"}, now.Theme, "settings.theme.", h.Retheme)
	language := pick(append([]string{""}, words.Languages()...), now.Language, "settings.language.", h.Speak)
	spoken := language.SelectedIndex()
	p.language = func() {
		speak := language.OnChanged
		language.OnChanged = nil
		language.SetSelectedIndex(spoken)
		language.OnChanged = speak
	}

	p.gate = newGateSwitch(h)
	section := func(headline string, parts ...fyne.CanvasObject) fyne.CanvasObject {
		all := append([]fyne.CanvasObject{kit.Heading(headline)}, parts...)
		return kit.Card(kit.Padded(18, 20, 20, 20, kit.Column(14, all...)))
	}
	title := kit.Padded(0, 0, 16, 0, kit.Title(w.T("settings.title")))
	column := kit.Column(14)
	if h.Session != nil {
		p.policy = newPolicyForm(h)
		column.Add(section(w.T("settings.policy"),
			kit.NewParagraph(h.ConnectionName(h.Session.Connection), kit.ColorMuted), p.policy.object))
	}
	p.root = kit.Padded(20, 24, 20, 24, container.NewBorder(title, nil, nil, nil,
		kit.Scrolled(kit.Padded(1, 10, 16, 1, kit.AtMost(broad, kit.Column(14,
			section(w.T("settings.look"),
				kit.Halves(
					kit.NewField(w.T("settings.theme"), p.theme, "").Object,
					kit.NewField(w.T("frame.language"), language, "").Object)),
			section(w.T("settings.notify"), p.notify()...),
			section(w.T("connection.local"), p.gate.object),
			column,
			section(w.T("settings.secrets"), kit.NewParagraph(w.T("settings.secrets-text"), kit.ColorMuted)),
		))))))
	return p
}

// broad is the most that the page takes: longer lines are hard to read.
const broad = 860

// notify are the choices of what the user is told.
func (p *Page) notify() []fyne.CanvasObject {
	h, w, now := p.host, p.host.Words, p.host.App.Settings.Get()
	tick := func(text string, on bool, set func(*state.Preferences, bool)) fyne.CanvasObject {
		return kit.NewTickedCheck(w.T(text), h.Keys(), on, func(on bool) {
			h.Remember(func(p *state.Preferences) { set(p, on) })
		})
	}
	owners := kit.NewChips(h.Keys(), nil)
	owners.Input.SetPlaceHolder("sre@example.org, team-sre")
	owners.Set(now.Owners)
	owners.OnChanged = func() {
		names := owners.Now()
		h.Remember(func(p *state.Preferences) { p.Owners = names })
	}
	return []fyne.CanvasObject{
		kit.NewParagraph(w.T("settings.notify-text"), kit.ColorMuted),
		tick("settings.notify-ends", !now.NoEnds, func(p *state.Preferences, on bool) { p.NoEnds = !on }),
		tick("settings.notify-refusals", !now.NoRefusals, func(p *state.Preferences, on bool) { p.NoRefusals = !on }),
		kit.NewField(w.T("settings.owners"), owners.Object, w.T("settings.owners-help")).Object,
	}
}

// Object is the page as it is drawn.
func (p *Page) Object() fyne.CanvasObject { return p.root }

// Name is that of the page in the sidebar.
func (p *Page) Name() string { return "settings" }

// Unsaved reports whether something was changed in the form of the policy.
func (p *Page) Unsaved() bool { return p.policy != nil && p.policy.changed() }

// Kept has nothing look as if the page had been left.
func (p *Page) Kept() { p.language() }

// Updated follows a refresh of the session.
func (p *Page) Updated() { p.gate.describe() }

// Focus puts the focus where it belongs.
func (p *Page) Focus() { p.host.Window.Canvas().Focus(p.theme) }

// gateSwitch shows whether the gate on this computer is on, and switches it.
type gateSwitch struct {
	host   *page.Host
	state  *kit.Pill
	about  *kit.Paragraph
	button *kit.Button
	object fyne.CanvasObject
}

func newGateSwitch(h *page.Host) *gateSwitch {
	s := &gateSwitch{host: h, state: kit.NewPill("", "", ""), about: kit.NewParagraph("", kit.ColorMuted)}
	s.button = kit.NewButton("", "", h.Keys(), func() {
		s.button.Disable()
		SetGate(h, h.App.Computer.GateURL() == "", func() {
			s.button.Enable()
			s.describe()
		})
	})
	head := kit.Row(10, kit.Bold(h.Words.T("computer.gate")), s.state)
	about := kit.Padded(0, 24, 0, 0, kit.Column(6, head, s.about))
	s.object = container.NewBorder(nil, nil, nil, kit.Middle(s.button), about)
	s.describe()
	return s
}

// describe says how the gate is.
func (s *gateSwitch) describe() {
	w, url := s.host.Words, s.host.App.Computer.GateURL()
	if url == "" {
		s.state.Set(w.T("settings.off"), kit.ColorQuiet, kit.ColorQuietTint)
		s.about.Set(w.T("computer.gate-help"), kit.ColorMuted)
		s.button.SetText(w.T("settings.switch-on"))
		return
	}
	s.state.Set(w.T("settings.on"), kit.ColorGood, kit.ColorGoodTint)
	s.about.Set(w.T("computer.gate-on", "url", url), kit.ColorMuted)
	s.button.SetText(w.T("settings.switch-off"))
}

// SetGate switches the gate on this computer.
func SetGate(h *page.Host, on bool, done func()) {
	page.Attempt(h, func(ctx context.Context) error { return h.App.SetLocalGate(ctx, on) }, func(err error) {
		switch {
		case err != nil:
			h.ShowError(err)
		case on:
			h.Toasts.Good(h.Words.T("computer.gate-on", "url", h.App.Computer.GateURL()))
		default:
			h.Toasts.Good(h.Words.T("computer.gate-off"))
		}
		h.Redraw()
		h.Current().Updated()
		if done != nil {
			done()
		}
	})
}
