package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/words"
)

// Stage is what parts of a window need of the window that they are in: its
// canvas and its layers, its words, and the thread that draws it.
type Stage struct {
	Window fyne.Window
	Words  *words.Words
	Loop   Loop

	Tips    *fyne.Container // the layer of the tooltips; those of a dialog are in it
	Toasts  *Toasts
	Modals  []*Modal
	Chooser chooser // of files, while it is open

	Shortcut func(fyne.Shortcut) // runs one that a field was given in the window's place
	At       any                 // the page that is shown

	tip      fyne.CanvasObject // that is shown; nil = none
	tipLayer *fyne.Container   // that it is in
}

// NewStage makes the stage of a window.
func NewStage(window fyne.Window, w *words.Words, loop Loop) *Stage {
	return &Stage{Window: window, Words: w, Loop: loop, Tips: container.NewWithoutLayout()}
}

// Keys are those of inputs on a page.
func (s *Stage) Keys() Keys { return Keys{shortcut: s.Shortcut} }
