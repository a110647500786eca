package shell

import (
	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/state"
)

// placeLayout fills the window with each of its parts, one over the other.
// Fyne makes the system's window, lays out what is in it, and only then shows
// it. There is nothing else that it calls in between, so the window is put to
// its place here, and does not jump there under its user's eyes.
type placeLayout struct{ shell *Shell }

func (placeLayout) MinSize(objects []fyne.CanvasObject) (least fyne.Size) {
	for _, o := range objects {
		least = least.Max(o.MinSize())
	}
	return least
}

func (l placeLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.shell.restorePlace()
	for _, o := range objects {
		o.Move(fyne.Position{})
		o.Resize(size)
	}
}

// showAtItsPlace opens the window where it was when the program ended.
func (s *Shell) showAtItsPlace() {
	s.Window.Show()
	s.restorePlace()
	if at := s.App.Settings.Get().Window.Place; at != nil && s.placed != nil {
		s.placed.Shown(*at)
	}
}

// restorePlace puts the system's window to its place, once, as soon as there
// is one.
func (s *Shell) restorePlace() {
	if s.placed != nil {
		return
	}
	if s.placed = s.system(s.Window); s.placed == nil {
		return
	}
	if at := s.App.Settings.Get().Window.Place; at != nil {
		if err := s.placed.Restore(*at); err != nil {
			s.App.Logger.Warn("the window is not where it was", "error", err)
		}
	}
}

// keepWindow notes the window's size and place for the next start in the background, and then runs then on the thread
// that draws. A window that is not seen, or
// that fills its screen, has no size of its own: the one from before is kept.
func (s *Shell) keepWindow(then func()) {
	size, full, window := s.Window.Canvas().Size(), s.Window.FullScreen(), s.system(s.Window)
	s.Loop.Go(func() {
		known := !full
		var at *state.Place
		if window != nil && !full {
			var err error
			if at, err = window.Read(s.App.Settings.Get().Window.Place); err != nil {
				s.App.Logger.Warn("the window's place is not known", "error", err)
			}
			known = at != nil && !at.Maximized
		}
		err := s.App.Settings.Change(func(p *state.Preferences) {
			if known {
				p.Window.Width, p.Window.Height = size.Width, size.Height
			}
			if at != nil {
				p.Window.Place = at
			}
			p.Window.Full = full
		})
		if err != nil {
			s.App.Logger.Warn("settings not saved", "error", err)
		}
		s.Loop.Do(then)
	})
}
