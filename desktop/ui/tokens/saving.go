package tokens

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/ui/page"
)

// saving is the field for the new file that tokens are written to.
type saving struct {
	field *kit.Field
	save  *kit.Button

	host  *page.Host
	modal *kit.Modal
	path  *kit.Input
	write func(path string) error
	saved func(said string)
}

// newSaving makes the field with a file that is proposed. Write runs in the
// background; saved gets the sentence that says where the tokens are now.
func newSaving(h *page.Host, m *kit.Modal, file, help string, write func(string) error, saved func(string)) *saving {
	w := h.Words
	s := &saving{host: h, modal: m, path: kit.NewInput(m.Keys()), write: write, saved: saved}
	s.path.SetText(file)
	browse := kit.NewButton(w.T("files.browse"), "", m.Keys(), func() {
		h.ChooseDirectory(w.T("files.token"), filepath.Dir(s.path.Text), func(dir string) {
			s.path.Fill(filepath.Join(dir, filepath.Base(s.path.Text)))
		})
	})
	s.save = kit.NewButton(w.T("token.save"), "save", m.Keys(), s.run)
	buttons := kit.Padded(0, 0, 0, 8, kit.Row(8, browse, s.save))
	s.field = kit.NewField(w.T("token.save-to"), container.NewBorder(nil, nil, nil, buttons, kit.Boxed(s.path)), help)
	return s
}

func (s *saving) run() {
	w, path := s.host.Words, s.path.Text
	page.Attempt(s.host, func(context.Context) error { return s.write(path) }, func(err error) {
		switch {
		case err == nil:
			said := w.T("token.saved", "path", path)
			s.modal.Warn(nil)
			s.host.Toasts.Good(said)
			s.saved(said)
		case errors.Is(err, fs.ErrExist):
			s.modal.Warn(kit.Alert(true, w.T("token.file-exists"), w.T("token.file-exists.next")))
		default:
			s.modal.Warn(s.host.Explain(err).Alert())
		}
	})
}
