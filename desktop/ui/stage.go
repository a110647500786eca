package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// stage is what parts of a window need of the window that they are in: its
// canvas and its layers, its words, and the thread that draws it.
type stage struct {
	window fyne.Window
	w      *words
	loop   Loop

	tips    *fyne.Container // the layer of the tooltips
	toasts  *toasts
	modals  []*modal
	chooser chooser // of files, while it is open

	shortcut func(fyne.Shortcut) // runs one that a field was given in the window's place
	at       any                 // the page that is shown
}

func newStage(window fyne.Window, w *words, loop Loop) *stage {
	return &stage{window: window, w: w, loop: loop, tips: container.NewWithoutLayout()}
}

// keys are those of inputs on a page.
func (s *stage) keys() keys { return keys{shortcut: s.shortcut} }
