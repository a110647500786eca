package page

import (
	"maps"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
)

// Trouble is a problem in words: what is wrong, and the next step.
type Trouble struct { //nolint:errname // it is more than an error, and wraps one
	*state.Problem
	Headline string
	Next     string
}

// Explain puts an error into words.
func (h *Host) Explain(err error) Trouble {
	p := *state.Explain(err)
	if p.Kind == state.KindMeanwhile { // whose detail is names of fields
		p.Detail = meanwhile(h.Words, strings.Split(p.Detail, ", "), p.Is)
	}
	p.Detail, p.Fields = h.Words.FromServer(p.Detail), maps.Clone(p.Fields)
	for name, detail := range p.Fields {
		p.Fields[name] = h.Words.FromServer(detail)
	}
	text := "problem." + string(p.Kind)
	return Trouble{Problem: &p, Headline: h.Words.T(text), Next: h.Words.T(text + ".next")}
}

// detailed reports whether what the server or the system said adds to the
// headline. The words of the program itself are in the headline already.
func (t Trouble) detailed() bool {
	switch t.Kind {
	case state.KindNoSecret, state.KindStopped, state.KindTokenLost, state.KindUnknown, state.KindPin:
		return false
	}
	return t.Detail != ""
}

// InPlace is shown in place of what could not be shown: what is wrong, the
// next step, and small below it what the server or the system said.
func (t Trouble) InPlace(intro string, buttons ...*kit.Button) fyne.CanvasObject {
	text := strings.TrimSpace(intro + " " + t.Next)
	lines := kit.Notice("warn", kit.ColorWarn, kit.ColorWarnTint, t.Headline, text, buttons)
	if t.detailed() {
		said := kit.Note(strings.TrimSpace(t.Detail), kit.ColorMuted)
		said.Align = fyne.TextAlignCenter
		said.Resize(fyne.NewSize(520, 20))
		lines.Add(kit.Space(6))
		lines.Add(container.NewCenter(kit.Fixed(520, said)))
	}
	return container.NewCenter(lines)
}

// Alert is shown in a dialog.
func (t Trouble) Alert() fyne.CanvasObject { return kit.Alert(true, t.Headline, t.Text()) }

// Text is the next step, and below it what the server or the system said.
func (t Trouble) Text() string {
	if !t.detailed() {
		return t.Next
	}
	return t.Next + "\n\n" + strings.TrimSpace(t.Detail)
}

// Sentence is the trouble in one line.
func (t Trouble) Sentence() string { return t.Headline + " " + t.Next }

// ShowError says that something was not done.
func (h *Host) ShowError(err error) {
	h.Toasts.Show(h.Explain(err).Sentence(), kit.ToastBad)
}
