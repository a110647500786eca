// Package tokens has the dialogs about tokens: a new one is shown for the only
// time, those of a pool go to a file, and any can be checked.
package tokens

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
)

// dialog shows a token for the only time. Snippets show a mark in its place.
type dialog struct {
	host   *page.Host
	modal  *kit.Modal
	token  *state.Once
	shown  *kit.Paragraph // the token
	copied bool           // or saved
	asking bool
	status *fyne.Container
}

const (
	tokenSize  = 14
	tokenWidth = 600
)

// mark is replaced by the token in a snippet.
const mark = "{token}"

// Show shows a new key's token, and of its uses one first; empty = the one that comes first.
func Show(h *page.Host, headline string, issued *state.Issued, first state.SnippetID) {
	w := h.Words
	h.NothingDone()
	m := h.NewModal(headline, w.T("token.only-now", "name", issued.Key.Name), 680)
	d := &dialog{host: h, modal: m, token: issued.Token, shown: newToken(issued.Token), status: container.NewStack()}
	surface := kit.NewBlock(theme.ColorNameInputBackground)
	surface.Stroke, surface.Radius = kit.ColorFieldLine, 8

	copyButton := kit.Primary(w.T("token.copy"), "copy", m.Keys(), func() { d.copy(mark) })
	file := state.TokenFile(issued.Key.Name)
	saving := newSaving(h, m, file, w.T("token.save-help"), d.token.Save, func(said string) {
		d.done()
		d.say(said)
	})
	uses := newUses(d, issued.Key, first)
	m.Add(
		kit.Column(10,
			container.NewStack(surface, kit.Padded(12, 14, 12, 14, d.shown)),
			container.NewBorder(nil, nil, copyButton, nil, kit.Padded(0, 0, 0, 12, d.status))),
		saving.file.Field.Object,
		uses.object,
	)
	m.CanClose = d.mayClose
	arrival := newFirst(d, issued.Key)
	m.OnClosed = func() {
		arrival.end()
		d.forget()
	}
	d.offerDone()
	m.Show(copyButton)
	uses.ask()
	arrival.look()
}

// newToken draws a token, which breaks where the line ends.
func newToken(token *state.Once) *kit.Paragraph {
	text, _ := token.Fill(mark, mark) // forgotten: nothing to show
	p := kit.NewParagraph(text, kit.Plain)
	p.TextSize, p.Style.Monospace, p.Broad = tokenSize, true, tokenWidth
	return p
}

// copy puts a text with the token in place of its mark into the clipboard.
func (d *dialog) copy(text string) {
	filled, err := d.token.Fill(text, mark)
	if err != nil {
		return
	}
	if strings.Contains(text, mark) {
		d.done()
	}
	d.host.Clipboard.CopySecret(filled, d.say)
}

// say shows what became of the token.
func (d *dialog) say(text string) {
	d.status.Objects = []fyne.CanvasObject{kit.Middle(kit.Muted(text).Cut(60))}
	d.status.Refresh()
}

func (d *dialog) offerDone() {
	d.modal.Actions(kit.NewButton(d.host.Words.T("token.done"), "", d.modal.Keys(), d.modal.Close))
}

// done notes that the token is somewhere else now.
func (d *dialog) done() {
	d.copied = true
	if d.asking {
		d.stay()
	}
}

// stay takes the question back whether the dialog shall close.
func (d *dialog) stay() {
	d.asking = false
	d.modal.Warn(nil)
	d.offerDone()
}

// mayClose asks if the token was neither copied nor saved.
func (d *dialog) mayClose() bool {
	if d.copied {
		return true
	}
	if d.asking { // Escape keeps it then
		d.stay()
		return false
	}
	d.asking = true
	w := d.host.Words
	stay := kit.NewButton(w.T("token.stay"), "", d.modal.Keys(), d.stay)
	d.modal.Warn(kit.Alert(false, w.T("token.not-kept"), w.T("token.not-copied-why")))
	d.modal.Actions(stay, kit.Danger(w.T("token.close-anyway"), d.modal.Keys(), d.modal.End))
	d.host.Window.Canvas().Focus(stay)
	return false
}

// forget leaves nothing of the token behind but what the clipboard may hold
// for a while.
func (d *dialog) forget() {
	d.token.Forget()
	d.shown.Set("", kit.Plain)
	d.host.Clipboard.Leave()
}
