package page

import (
	"context"
	"strings"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
)

// Done says that something was done to keys, and offers to take it back: in the message, and with Ctrl+Z until the next
// such thing is done.
func (h *Host) Done(text string, undo state.Undo) {
	h.done, h.undo = text, undo
	if undo.Keys() == 0 {
		h.Toasts.Good(text)
		return
	}
	h.offered = h.Toasts.Offer(text, h.Words.T("undo.button"), h.Undo)
}

// Undo takes back what was done last, or says why it does not.
func (h *Host) Undo() {
	w, undo := h.Words, h.undo
	switch {
	case h.done == "":
		h.Toasts.Show(w.T("undo.nothing"), kit.ToastWarn)
		return
	case undo.Keys() == 0:
		h.Toasts.Show(w.T("undo.final", "done", strings.TrimSuffix(h.done, ".")), kit.ToastWarn)
		return
	}
	h.NothingDone()
	if h.Window.Canvas().Focused() == nil { // the keyboard was on the button that has gone
		h.Current().Focus()
	}
	if undo.Keys() > 1 {
		h.undoMany(undo)
		return
	}
	session := h.Session
	InBackground(h, func(ctx context.Context) (state.BulkResult, error) {
		return session.TakeBack(ctx, undo, func(int, int) {}), nil
	}, func(result state.BulkResult, _ error) {
		for _, f := range result.Failed {
			h.ShowError(f.Err)
			return
		}
		if len(result.Left) > 0 {
			h.Toasts.Show(w.T("undo.partly", "name", undo.Name(), "fields", w.Fields(result.Left)), kit.ToastWarn)
		} else {
			h.Toasts.Good(w.T("undo.done", "name", undo.Name()))
		}
		h.Changed()
	})
}

// NothingDone forgets what was done last: it was taken back, or something else has come after it.
func (h *Host) NothingDone() {
	if h.offered != nil {
		h.offered()
	}
	h.done, h.undo, h.offered = "", state.Undo{}, nil
}

// undoMany takes back what was done to several keys. It shows how far it is, and can be stopped.
func (h *Host) undoMany(undo state.Undo) {
	m := h.NewModal(h.Words.T("undo.button"), "", 520)
	m.OnClosed = h.NothingDone // that it was undone is nothing to be undone
	session := h.Session
	m.Show(nil)
	takeBack := func(ctx context.Context, progress func(done, total int)) state.BulkResult {
		return session.TakeBack(ctx, undo, progress)
	}
	runMany(h, m, undo.Keys(), "bulk.undone", takeBack)
}
