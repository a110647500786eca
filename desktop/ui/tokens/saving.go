package tokens

import (
	"context"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
)

// saving is the field for the new file that tokens are written to.
type saving struct {
	file *forms.File
	save *kit.Button

	host  *page.Host
	modal *kit.Modal
	write func(path string) error
	saved func(said string)
}

// newSaving makes the field with a file that is proposed. Write runs in the
// background; saved gets the sentence that says where the tokens are now.
func newSaving(h *page.Host, m *kit.Modal, file, help string, write func(string) error, saved func(string)) *saving {
	s := &saving{host: h, modal: m, write: write, saved: saved}
	s.save = kit.NewButton(h.Words.T("token.save"), "save", m.Keys(), s.run)
	s.file = forms.NewFile(h, m, file, help, h.Words.T("files.token"), s.save)
	return s
}

func (s *saving) run() {
	path := s.file.Path.Text
	page.Attempt(s.host, func(context.Context) error { return s.write(path) }, func(err error) {
		if err != nil {
			s.modal.Warn(forms.NotSaved(s.host, err))
			return
		}
		said := s.host.Words.T("token.saved", "path", path)
		s.modal.Warn(nil)
		s.host.Toasts.Good(said)
		s.saved(said)
	})
}
