package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
)

// trouble is a problem in words: what is wrong, and the next step.
type trouble struct {
	*state.Problem
	headline string
	next     string
}

// explain puts an error into words.
func (u *UI) explain(err error) trouble {
	p := state.Explain(err)
	return trouble{Problem: p, headline: u.Words.T("problem." + string(p.Kind)), next: u.Words.T("problem." + string(p.Kind) + ".next")}
}

// detailed reports whether what the server or the system said adds to the
// headline. The words of the program itself are in the headline already.
func (t trouble) detailed() bool {
	switch t.Kind {
	case state.KindNoSecret, state.KindStopped, state.KindTokenLost, state.KindUnknown, state.KindPin:
		return false
	}
	return t.Detail != ""
}

// page is shown in place of what could not be shown: what is wrong, the next
// step, and small below it what the server or the system said.
func (t trouble) page(intro string, buttons ...*kit.Button) fyne.CanvasObject {
	lines := kit.Notice("warn", kit.ColorWarn, kit.ColorWarnTint, t.headline, strings.TrimSpace(intro+" "+t.next), buttons)
	if t.detailed() {
		said := kit.Note(strings.TrimSpace(t.Detail), kit.ColorMuted)
		said.Align = fyne.TextAlignCenter
		said.Resize(fyne.NewSize(520, 20))
		lines.Add(kit.Space(6))
		lines.Add(container.NewCenter(kit.Fixed(520, said)))
	}
	return container.NewCenter(lines)
}

// text is the next step, below what the server or the system said.
func (t trouble) text() string {
	if !t.detailed() {
		return t.next
	}
	return t.next + "\n\n" + strings.TrimSpace(t.Detail)
}

// sentence is the trouble in one line.
func (t trouble) sentence() string { return t.headline + " " + t.next }

// tellFailed says that something was not done.
func (u *UI) tellFailed(err error) {
	u.Toasts.Show(u.explain(err).sentence(), kit.ToastBad)
}

// tellSettled says what became of a change of which nobody knew.
func (u *UI) tellSettled(s *state.Unsettled) {
	if s.Done {
		u.Toasts.Good(u.Words.T("settled.done", "action", u.Words.T("action."+string(s.Action)), "name", s.Name))
		return
	}
	u.Toasts.Show(u.Words.T("settled.not-done", "action", u.Words.T("action."+string(s.Action)), "name", s.Name), kit.ToastWarn)
}
