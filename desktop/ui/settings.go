package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/state"
)

// settingsPage is where colours, language and the local gate are chosen.
type settingsPage struct {
	ui    *UI
	theme *choice
	gate  *gateSwitch
	root  fyne.CanvasObject
}

func newSettingsPage(u *UI) *settingsPage {
	p := &settingsPage{ui: u}
	w, now := u.w, u.app.Settings.Get()
	pick := func(values []string, current, prefix string, chosen func(string)) *choice {
		options, index := []string{}, 0
		for i, v := range values {
			options = append(options, w.t(prefix+v))
			if v == current {
				index = i
			}
		}
		c := newChoice(options, u.keys(), nil)
		c.SetSelectedIndex(index)
		c.OnChanged = func(string) { chosen(values[c.SelectedIndex()]) }
		return c
	}
	p.theme = pick([]string{"", "dark", "light"}, now.Theme, "settings.theme.", u.Retheme)
	language := pick(append([]string{""}, Languages()...), now.Language, "settings.language.", u.Speak)

	p.gate = newGateSwitch(u)
	section := func(headline string, parts ...fyne.CanvasObject) fyne.CanvasObject {
		return card(padded(18, 20, 20, 20, column(14, append([]fyne.CanvasObject{heading(headline)}, parts...)...)))
	}
	p.root = padded(20, 24, 20, 24, container.NewBorder(padded(0, 0, 16, 0, title(w.t("nav.settings"))), nil, nil, nil,
		scrolled(column(14,
			section(w.t("settings.look"),
				halves(newField(w.t("settings.theme"), p.theme, "").object, newField(w.t("settings.language"), language, "").object)),
			section(w.t("connection.local"), p.gate.object),
			section(w.t("settings.secrets"), newParagraph(w.t("settings.secrets-text"), colorMuted)),
		))))
	return p
}

func (p *settingsPage) object() fyne.CanvasObject { return p.root }
func (p *settingsPage) name() string              { return "settings" }
func (p *settingsPage) updated()                  { p.gate.describe() }
func (p *settingsPage) focus()                    { p.ui.window.Canvas().Focus(p.theme) }

// gateSwitch shows whether the gate on this computer is on, and switches it.
type gateSwitch struct {
	ui     *UI
	state  *pill
	about  *paragraph
	button *button
	object fyne.CanvasObject
}

func newGateSwitch(u *UI) *gateSwitch {
	s := &gateSwitch{ui: u, state: newPill("", "", ""), about: newParagraph("", colorMuted)}
	s.button = newButton("", "", u.keys(), func() {
		s.button.Disable()
		u.setGate(u.app.Computer.GateURL() == "", func() {
			s.button.Enable()
			s.describe()
		})
	})
	head := row(10, bold(u.w.t("settings.gate")), s.state)
	s.object = container.NewBorder(nil, nil, nil, middle(s.button), padded(0, 24, 0, 0, column(6, head, s.about)))
	s.describe()
	return s
}

// describe says how the gate is.
func (s *gateSwitch) describe() {
	w, url := s.ui.w, s.ui.app.Computer.GateURL()
	if url == "" {
		s.state.set(w.t("settings.off"), colorQuiet, colorQuietTint)
		s.about.set(w.t("settings.gate-help"), colorMuted)
		s.button.SetText(w.t("settings.switch-on"))
		return
	}
	s.state.set(w.t("settings.on"), colorGood, colorGoodTint)
	s.about.set(w.t("settings.gate-on", "url", url), colorMuted)
	s.button.SetText(w.t("settings.switch-off"))
}

// setGate switches the gate on this computer.
func (u *UI) setGate(on bool, done func()) {
	attempt(u, func(ctx context.Context) error { return u.app.SetLocalGate(ctx, on) }, func(err error) {
		switch {
		case err != nil:
			u.tellFailed(err)
		case on:
			u.toasts.good(u.w.t("settings.gate-on", "url", u.app.Computer.GateURL()))
		default:
			u.toasts.good(u.w.t("settings.gate-off"))
		}
		if s := u.session; s != nil && s.Connection.Way == state.WayLocal && err == nil && on {
			s.SetGate(u.app.Computer.GateURL())
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
	if len(u.modals) > 0 {
		return
	}
	w := u.w
	m := u.newModal(w.t("nav.shortcuts"), "", 560)
	group := func(headline string, lines ...[2]string) fyne.CanvasObject {
		out := column(7, bold(w.t(headline)))
		for _, line := range lines {
			keys := mono(line[0])
			keys.size, keys.color = 12, colorAccentText
			out.Add(container.NewBorder(nil, nil, fixed(170, keys), nil, newLabel(w.t(line[1])).cut(60)))
		}
		return out
	}
	m.add(
		group("shortcuts.everywhere",
			[2]string{"Ctrl+N", "keys.create"}, [2]string{"Ctrl+F  /", "shortcuts.search"}, [2]string{"Ctrl+R  F5", "keys.reload"},
			[2]string{"Ctrl+1  2  3", "shortcuts.pages"}, [2]string{"Ctrl+,", "nav.settings"}, [2]string{"F11", "shortcuts.full"},
			[2]string{"Tab  Shift+Tab", "shortcuts.tab"}, [2]string{"?  F1", "nav.shortcuts"}, [2]string{"Esc", "shortcuts.escape"}, [2]string{"Ctrl+Q", "shortcuts.quit"}),
		group("shortcuts.list",
			[2]string{"↑ ↓ PgUp PgDn", "shortcuts.walk"}, [2]string{"Home  End", "shortcuts.ends"}, [2]string{"Shift+↑ ↓", "shortcuts.range"},
			[2]string{"Space", "shortcuts.toggle"}, [2]string{"Ctrl+A", "shortcuts.all"}, [2]string{"Menu", "shortcuts.menu"}),
		group("shortcuts.key",
			[2]string{"E", "action.update"}, [2]string{"R", "action.rotate"}, [2]string{"D", "shortcuts.switch"}, [2]string{"V", "action.revoke"}, [2]string{"Del", "action.delete"}),
	)
	shut := newButton(w.t("common.close"), "", m.keys(), m.close)
	m.actions(shut)
	m.show(shut)
}
