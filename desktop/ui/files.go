package ui

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

// chooseFile lets an existing file be chosen, beginning in the directory of
// the one that is named now.
func (u *UI) chooseFile(title, now string, endings []string, done func(path string)) {
	d := dialog.NewFileOpen(func(file fyne.URIReadCloser, err error) {
		if file == nil || err != nil {
			return
		}
		_ = file.Close() // only its name is wanted
		done(file.URI().Path())
	}, u.window)
	d.SetFilter(storage.NewExtensionFileFilter(endings))
	u.showChooser(d, title, filepath.Dir(now))
}

// chooseDirectory lets a directory be chosen.
func (u *UI) chooseDirectory(title, now string, done func(path string)) {
	d := dialog.NewFolderOpen(func(dir fyne.ListableURI, err error) {
		if dir != nil && err == nil {
			done(dir.Path())
		}
	}, u.window)
	u.showChooser(d, title, now)
}

func (u *UI) showChooser(d chooser, title, dir string) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() || !filepath.IsAbs(dir) {
		dir, _ = os.UserHomeDir()
	}
	if at, err := storage.ListerForURI(storage.NewFileURI(dir)); err == nil {
		d.SetLocation(at)
	}
	d.SetTitleText(title)
	d.SetConfirmText(u.w.t("files.choose"))
	d.SetDismissText(u.w.t("common.cancel"))
	before := u.window.Canvas().Focused()
	d.SetOnClosed(func() {
		u.chooser = nil
		if before != nil {
			u.window.Canvas().Focus(before)
		}
	})
	d.Show()
	size := u.window.Canvas().Size()
	d.Resize(fyne.NewSize(min(820, size.Width-32), min(560, size.Height-32)))
	u.window.Canvas().Unfocus() // so that Escape comes to the window
	u.chooser = d
}
