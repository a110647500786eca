package kit

// Guard has the dialog ask before it closes on what was typed, which the function reports. Escape keeps it then.
func (m *Modal) Guard(typed func() bool) {
	m.Typed = typed
	m.CanClose = func() bool {
		if m.asking != nil && len(m.notice.Objects) > 0 && m.notice.Objects[0] == m.asking {
			m.keepEditing()
			return false
		}
		if !typed() {
			return true
		}
		m.ask()
		return false
	}
}

// ask shows the question whether to discard what was typed, in place of another notice.
func (m *Modal) ask() {
	w, c := m.stage.Words, m.stage.Window.Canvas()
	m.typing = c.Focused()
	keep := NewButton(w.T("dialog.keep"), "", m.Keys(), m.keepEditing)
	discard := Danger(w.T("dialog.discard-it"), m.Keys(), m.End)
	m.asking = Box("warn", ColorWarn, ColorWarnTint, w.T("dialog.discard"), Row(8, keep, discard))
	m.Warn(m.asking)
	c.Focus(keep)
}

// keepEditing takes the question away, and gives the keyboard back to where it was.
func (m *Modal) keepEditing() {
	m.asking = nil
	m.Warn(nil)
	if m.typing != nil {
		m.stage.Window.Canvas().Focus(m.typing)
	}
}
