package kit

import (
	"os"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
)

// chooser is a dialog of Fyne's in which a file or a directory is chosen.
type chooser interface {
	Show()
	Hide()
	Resize(fyne.Size)
	SetLocation(fyne.ListableURI)
	SetOnClosed(func())
	SetTitleText(string)
	SetConfirmText(string)
	SetDismissText(string)
}

// ChooseFile lets an existing file be chosen, beginning in the directory of
// the one that is named now.
func (s *Stage) ChooseFile(title, now string, endings []string, done func(path string)) {
	d := dialog.NewFileOpen(func(file fyne.URIReadCloser, err error) {
		if file == nil || err != nil {
			return
		}
		_ = file.Close() // only its name is wanted
		done(file.URI().Path())
	}, s.Window)
	d.SetFilter(storage.NewExtensionFileFilter(endings))
	s.showChooser(d, title, filepath.Dir(now))
}

// ChooseDirectory lets a directory be chosen.
func (s *Stage) ChooseDirectory(title, now string, done func(path string)) {
	d := dialog.NewFolderOpen(func(dir fyne.ListableURI, err error) {
		if dir != nil && err == nil {
			done(dir.Path())
		}
	}, s.Window)
	s.showChooser(d, title, now)
}

func (s *Stage) showChooser(d chooser, title, dir string) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() || !filepath.IsAbs(dir) {
		dir, _ = os.UserHomeDir()
	}
	if at, err := storage.ListerForURI(storage.NewFileURI(dir)); err == nil {
		d.SetLocation(at)
	}
	d.SetTitleText(title)
	d.SetConfirmText(s.Words.T("files.choose"))
	d.SetDismissText(s.Words.T("common.cancel"))
	before := s.Window.Canvas().Focused()
	d.SetOnClosed(func() {
		s.Chooser = nil
		if before != nil {
			s.Window.Canvas().Focus(before)
		}
	})
	d.Show()
	size := s.Window.Canvas().Size()
	d.Resize(fyne.NewSize(min(820, size.Width-32), min(560, size.Height-32)))
	s.Window.Canvas().Unfocus() // so that Escape comes to the window
	s.Chooser = d
}
