package forms

import (
	"errors"
	"io/fs"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/ui/page"
)

// File is the field for a new file.
type File struct {
	Field *kit.Field
	Path  *kit.Input
}

// NewFile makes the field with a file that is proposed. Choose is the title of the dialog for its directory; the
// buttons come after the one that opens that.
func NewFile(h *page.Host, m *kit.Modal, file, help, choose string, buttons ...fyne.CanvasObject) *File {
	w, f := h.Words, &File{Path: kit.NewInput(m.Keys())}
	f.Path.SetText(file)
	browse := kit.NewButton(w.T("files.browse"), "", m.Keys(), func() {
		h.ChooseDirectory(choose, filepath.Dir(f.Path.Text), func(dir string) {
			f.Path.Fill(filepath.Join(dir, filepath.Base(f.Path.Text)))
		})
	})
	beside := kit.Padded(0, 0, 0, 8, kit.Row(8, append([]fyne.CanvasObject{browse}, buttons...)...))
	f.Field = kit.NewField(w.T("token.save-to"), container.NewBorder(nil, nil, nil, beside, kit.Boxed(f.Path)), help)
	return f
}

// NotSaved says why nothing was written to a new file.
func NotSaved(h *page.Host, err error) fyne.CanvasObject {
	if errors.Is(err, fs.ErrExist) {
		return kit.Alert(true, h.Words.T("token.file-exists"), h.Words.T("token.file-exists.next"))
	}
	return h.Explain(err).Alert()
}
