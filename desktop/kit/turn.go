package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Turn shows one of several objects in the same place.
type Turn struct{ Object *fyne.Container }

// NewTurn shows nothing yet.
func NewTurn() *Turn { return &Turn{Object: container.NewStack()} }

// Shows reports whether an object is the one that is shown.
func (t *Turn) Shows(o fyne.CanvasObject) bool {
	return len(t.Object.Objects) == 1 && t.Object.Objects[0] == o
}

// Holds reports whether an object that has the keyboard is part of what is shown.
func (t *Turn) Holds(o fyne.Focusable) bool {
	object, ok := o.(fyne.CanvasObject)
	return ok && holds(t.Object, object)
}

// To shows an object in place of the one before.
func (t *Turn) To(o fyne.CanvasObject) {
	if !t.Shows(o) {
		t.Object.Objects = []fyne.CanvasObject{o}
		t.Object.Refresh()
	}
}
