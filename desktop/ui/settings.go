package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/words"
)

// settingsPage is where colours, language and the local gate are chosen.
type settingsPage struct {
	ui    *UI
	theme *kit.Choice
	gate  *gateSwitch
	root  fyne.CanvasObject
}

func newSettingsPage(u *UI) *settingsPage {
	p := &settingsPage{ui: u}
	w, now := u.Words, u.app.Settings.Get()
	pick := func(values []string, current, prefix string, chosen func(string)) *kit.Choice {
		options, index := []string{}, 0
		for i, v := range values {
			options = append(options, w.T(prefix+v))
			if v == current {
				index = i
			}
		}
		c := kit.NewChoice(options, u.Keys(), nil)
		c.SetSelectedIndex(index)
		c.OnChanged = func(string) { chosen(values[c.SelectedIndex()]) }
		return c
	}
	p.theme = pick([]string{"", "dark", "light"}, now.Theme, "settings.theme.", u.Retheme)
	language := pick(append([]string{""}, words.Languages()...), now.Language, "settings.language.", u.Speak)

	p.gate = newGateSwitch(u)
	section := func(headline string, parts ...fyne.CanvasObject) fyne.CanvasObject {
		return kit.Card(kit.Padded(18, 20, 20, 20, kit.Column(14, append([]fyne.CanvasObject{kit.Heading(headline)}, parts...)...)))
	}
	p.root = kit.Padded(20, 24, 20, 24, container.NewBorder(kit.Padded(0, 0, 16, 0, kit.Title(w.T("nav.settings"))), nil, nil, nil,
		kit.Scrolled(kit.Column(14,
			section(w.T("settings.look"),
				kit.Halves(kit.NewField(w.T("settings.theme"), p.theme, "").Object, kit.NewField(w.T("frame.language"), language, "").Object)),
			section(w.T("connection.local"), p.gate.object),
			section(w.T("settings.secrets"), kit.NewParagraph(w.T("settings.secrets-text"), kit.ColorMuted)),
		))))
	return p
}

func (p *settingsPage) object() fyne.CanvasObject { return p.root }
func (p *settingsPage) name() string              { return "settings" }
func (p *settingsPage) updated()                  { p.gate.describe() }
func (p *settingsPage) focus()                    { p.ui.Window.Canvas().Focus(p.theme) }

// gateSwitch shows whether the gate on this computer is on, and switches it.
type gateSwitch struct {
	ui     *UI
	state  *kit.Pill
	about  *kit.Paragraph
	button *kit.Button
	object fyne.CanvasObject
}

func newGateSwitch(u *UI) *gateSwitch {
	s := &gateSwitch{ui: u, state: kit.NewPill("", "", ""), about: kit.NewParagraph("", kit.ColorMuted)}
	s.button = kit.NewButton("", "", u.Keys(), func() {
		s.button.Disable()
		u.setGate(u.app.Computer.GateURL() == "", func() {
			s.button.Enable()
			s.describe()
		})
	})
	head := kit.Row(10, kit.Bold(u.Words.T("settings.gate")), s.state)
	s.object = container.NewBorder(nil, nil, nil, kit.Middle(s.button), kit.Padded(0, 24, 0, 0, kit.Column(6, head, s.about)))
	s.describe()
	return s
}

// describe says how the gate is.
func (s *gateSwitch) describe() {
	w, url := s.ui.Words, s.ui.app.Computer.GateURL()
	if url == "" {
		s.state.Set(w.T("settings.off"), kit.ColorQuiet, kit.ColorQuietTint)
		s.about.Set(w.T("settings.gate-help"), kit.ColorMuted)
		s.button.SetText(w.T("settings.switch-on"))
		return
	}
	s.state.Set(w.T("settings.on"), kit.ColorGood, kit.ColorGoodTint)
	s.about.Set(w.T("settings.gate-on", "url", url), kit.ColorMuted)
	s.button.SetText(w.T("settings.switch-off"))
}

// setGate switches the gate on this computer.
func (u *UI) setGate(on bool, done func()) {
	attempt(u, func(ctx context.Context) error { return u.app.SetLocalGate(ctx, on) }, func(err error) {
		switch {
		case err != nil:
			u.tellFailed(err)
		case on:
			u.Toasts.Good(u.Words.T("settings.gate-on", "url", u.app.Computer.GateURL()))
		default:
			u.Toasts.Good(u.Words.T("settings.gate-off"))
		}
		u.tray.rename()
		u.page.updated()
		if done != nil {
			done()
		}
	})
}

// showShortcuts lists what the keyboard does.
func (u *UI) showShortcuts() {
	if len(u.Modals) > 0 {
		return
	}
	w := u.Words
	m := u.NewModal(w.T("nav.shortcuts"), "", 560)
	group := func(headline string, lines ...[2]string) fyne.CanvasObject {
		out := kit.Column(7, kit.Bold(w.T(headline)))
		for _, line := range lines {
			keys := kit.Mono(line[0])
			keys.TextSize, keys.Color = 12, kit.ColorAccentText
			out.Add(container.NewBorder(nil, nil, kit.Fixed(170, keys), nil, kit.NewLabel(w.T(line[1])).Cut(60)))
		}
		return out
	}
	m.Add(
		group("shortcuts.everywhere",
			[2]string{"Ctrl+N", "keys.create"}, [2]string{"Ctrl+F  /", "shortcuts.search"}, [2]string{"Ctrl+R  F5", "keys.reload"},
			[2]string{"Ctrl+1 2 3 4", "shortcuts.pages"}, [2]string{"Ctrl+,", "nav.settings"}, [2]string{"F11", "shortcuts.full"},
			[2]string{"Tab  Shift+Tab", "shortcuts.tab"}, [2]string{"?  F1", "nav.shortcuts"}, [2]string{"Esc", "shortcuts.escape"}, [2]string{"Ctrl+Q", "shortcuts.quit"}),
		group("shortcuts.list",
			[2]string{"↑ ↓ PgUp PgDn", "shortcuts.walk"}, [2]string{"Home  End", "shortcuts.ends"}, [2]string{"Shift+↑ ↓", "shortcuts.range"},
			[2]string{"Space", "shortcuts.toggle"}, [2]string{"Ctrl+A", "shortcuts.all"}, [2]string{"Menu", "shortcuts.menu"}),
		group("shortcuts.key",
			[2]string{"E", "action.update"}, [2]string{"R", "action.rotate"}, [2]string{"D", "shortcuts.switch"}, [2]string{"V", "action.revoke"}, [2]string{"Del", "action.delete"}),
	)
	shut := kit.NewButton(w.T("common.close"), "", m.Keys(), m.Close)
	m.Actions(shut)
	m.Show(shut)
}
