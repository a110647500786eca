package shell

import (
	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/ui/page"
)

// leaving does something that takes the page away, once its user has agreed to discard what was changed in a form on
// it.
func (s *Shell) leaving(then func()) {
	p, ok := s.At.(page.Keeper)
	if !ok || !p.Unsaved() {
		then()
		return
	}
	s.askToDiscard(then, p.Kept)
}

// ending does something that takes the window away, which dialogs are asked about too.
func (s *Shell) ending(then func()) {
	for _, m := range s.Modals {
		if m.Typed != nil && m.Typed() {
			s.askToDiscard(then, func() {})
			return
		}
	}
	s.leaving(then)
}

// askToDiscard asks whether what was typed is discarded.
func (s *Shell) askToDiscard(then, kept func()) {
	if s.asking {
		return
	}
	if s.hidden.Load() {
		s.unhide()
	}
	w, discarded := s.Words, false
	m := s.NewModal(w.T("dialog.discard"), "", 420)
	s.asking = true
	m.OnClosed = func() {
		s.asking = false
		if !discarded {
			kept()
		}
	}
	keep := kit.NewButton(w.T("dialog.keep"), "", m.Keys(), m.Close)
	discard := kit.Danger(w.T("dialog.discard-it"), m.Keys(), func() {
		discarded = true
		m.End()
		then()
	})
	m.Actions(keep, discard)
	m.Show(keep)
}
