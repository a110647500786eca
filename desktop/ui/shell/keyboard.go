package shell

import (
	"cmp"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/imports"
	"github.com/ostiary/ostiary/desktop/ui/keys"
	"github.com/ostiary/ostiary/desktop/ui/tokens"
)

// shortcut is one of the window's, with what it does.
type shortcut struct {
	key  fyne.KeyName
	does func()
	with fyne.KeyModifier // 0 = the usual one
}

// modifier is the key that is held down for it.
func (b shortcut) modifier() fyne.KeyModifier { return cmp.Or(b.with, fyne.KeyModifierShortcutDefault) }

func (s *Shell) bindings() []shortcut {
	return []shortcut{
		{key: fyne.KeyN, does: s.CreateKey},
		{key: fyne.KeyI, does: s.ImportKeys},
		{key: fyne.KeyK, does: s.showSwitch},
		{key: fyne.KeyT, does: s.checkToken},
		{key: fyne.KeyF, does: s.search},
		{key: fyne.KeyR, does: s.Reload},
		{key: fyne.Key1, does: func() { s.GoTo("overview") }},
		{key: fyne.Key2, does: func() { s.GoTo("keys") }},
		{key: fyne.Key3, does: func() { s.GoTo("pools") }},
		{key: fyne.Key4, does: func() { s.GoTo("audit") }},
		{key: fyne.Key5, does: func() { s.GoTo("refused") }},
		{key: fyne.Key6, does: func() { s.GoTo("endpoints") }},
		{key: fyne.Key7, does: func() { s.GoTo("notices") }},
		{key: fyne.Key8, does: func() { s.GoTo("connections") }},
		{key: fyne.KeyComma, does: func() { s.GoTo("settings") }},
		{key: fyne.KeyQ, does: s.Quit},
		{key: fyne.KeyLeft, does: s.back, with: fyne.KeyModifierAlt},
		{key: fyne.KeyRight, does: s.forward, with: fyne.KeyModifierAlt},
	}
}

// shortcuts makes the window listen to keys that nobody else takes.
func (s *Shell) shortcuts() {
	c := s.Window.Canvas()
	for _, b := range s.bindings() {
		pressed := &desktop.CustomShortcut{KeyName: b.key, Modifier: b.modifier()}
		c.AddShortcut(pressed, func(fyne.Shortcut) { s.run(b) })
	}
	c.AddShortcut(&fyne.ShortcutUndo{}, s.RunShortcut)
	c.SetOnTypedKey(s.TypedKey)
	c.SetOnTypedRune(s.TypedRune)
}

func (s *Shell) run(b shortcut) {
	if len(s.Modals) == 0 {
		b.does()
	}
}

// RunShortcut runs the shortcut that a field was given in the window's place.
func (s *Shell) RunShortcut(given fyne.Shortcut) {
	if _, undo := given.(*fyne.ShortcutUndo); undo && s.Session != nil && len(s.Modals) == 0 {
		s.Undo()
		return
	}
	custom, ok := given.(*desktop.CustomShortcut)
	for _, b := range s.bindings() {
		if ok && custom.KeyName == b.key && custom.Modifier == b.modifier() {
			s.run(b)
		}
	}
}

// TypedKey handles a key that nothing with the focus has taken.
func (s *Shell) TypedKey(e *fyne.KeyEvent) {
	if s.Chooser != nil {
		if e.Name == fyne.KeyEscape {
			s.Chooser.Hide()
		}
		return
	}
	if n := len(s.Modals); n > 0 {
		if e.Name == fyne.KeyEscape {
			s.Modals[n-1].Close()
		}
		return
	}
	switch e.Name {
	case fyne.KeyF1:
		s.showShortcuts()
	case fyne.KeyF5:
		s.Reload()
	case fyne.KeyF9:
		s.FoldDetails()
	case fyne.KeyF11:
		s.Window.SetFullScreen(!s.Window.FullScreen())
	case fyne.KeyDown, fyne.KeyUp:
		s.Current().Focus()
	}
}

// TypedRune handles a character that nothing with the focus has taken.
func (s *Shell) TypedRune(r rune) {
	if len(s.Modals) > 0 {
		return
	}
	switch r {
	case '?':
		s.showShortcuts()
	case '/':
		s.search()
	}
}

// CreateKey begins a new key.
func (s *Shell) CreateKey() {
	if s.Session != nil {
		keys.Create(s.Host)
	}
}

// BeginKey begins a new key with a name, as what a kind of client needs.
func (s *Shell) BeginKey(name string, as state.TemplateID) {
	if s.Session != nil {
		keys.Begin(s.Host, name, as)
	}
}

// ImportKeys asks for the keys of another system.
func (s *Shell) ImportKeys() {
	if s.Session != nil {
		imports.Open(s.Host)
	}
}

// checkToken asks about a token.
func (s *Shell) checkToken() {
	if s.Session != nil {
		tokens.Check(s.Host)
	}
}

// search leads to the search field.
func (s *Shell) search() {
	if s.Session == nil {
		return
	}
	if searched, ok := s.Current().(interface{ FocusSearch() }); ok {
		searched.FocusSearch()
		return
	}
	s.leaving(func() {
		s.goTo("keys")
		s.Current().(*keys.Page).FocusSearch()
	})
}

// showShortcuts lists what the keyboard does.
func (s *Shell) showShortcuts() {
	if len(s.Modals) > 0 {
		return
	}
	w := s.Words
	m := s.NewModal(w.T("shortcut.title"), "", 560)
	group := func(headline string, lines ...[2]string) fyne.CanvasObject {
		out := kit.Column(7, kit.Bold(w.T(headline)))
		for _, line := range lines {
			pressed := kit.Mono(w.Pressed(line[0]))
			pressed.TextSize, pressed.Color = 12, kit.ColorAccentText
			out.Add(container.NewBorder(nil, nil, kit.Fixed(170, pressed), nil, kit.NewLabel(w.T(line[1])).Cut(60)))
		}
		return out
	}
	m.Add(
		group("shortcuts.everywhere",
			[2]string{"Ctrl+K", "switch.shortcut"}, [2]string{"Ctrl+N", "keys.create"},
			[2]string{"Ctrl+I", "import.title"}, [2]string{"Ctrl+T", "verify.title"},
			[2]string{"Ctrl+F  /", "frame.search"},
			[2]string{"Ctrl+R  F5", "filter.reload"}, [2]string{"Ctrl+Z", "shortcuts.undo"},
			[2]string{"Ctrl+1 … 8", "shortcuts.pages"},
			[2]string{"Alt+←", "shortcuts.back"}, [2]string{"Alt+→", "shortcuts.forward"},
			[2]string{"F9", "shortcuts.fold"},
			[2]string{"Ctrl+,", "settings.title"}, [2]string{"F11", "shortcuts.full"},
			[2]string{"Tab  Shift+Tab", "shortcuts.tab"},
			[2]string{"?  F1", "shortcut.title"}, [2]string{"Esc", "shortcuts.escape"},
			[2]string{"Ctrl+Q", "shortcuts.quit"}),
		group("shortcuts.list",
			[2]string{"↑ ↓ PgUp PgDn", "shortcuts.walk"}, [2]string{"Home  End", "shortcuts.ends"},
			[2]string{"Shift+↑ ↓", "shortcuts.range"}, [2]string{"Space", "shortcuts.toggle"},
			[2]string{"Ctrl+A", "shortcuts.all"}, [2]string{"Menu", "shortcuts.menu"}),
		group("shortcuts.key",
			[2]string{"E", "action.edit"}, [2]string{"R", "action.rotate"}, [2]string{"D", "shortcuts.switch"},
			[2]string{"M", "action.pause"}, [2]string{"V", "action.revoke"}, [2]string{"Del", "action.delete"}),
	)
	shut := kit.NewButton(w.T("common.close"), "", m.Keys(), m.Close)
	m.Actions(shut)
	m.Show(shut)
}
