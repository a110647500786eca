// Package page is what all pages of the window have in common: what a page is,
// what it may ask of the window, and how it does slow work and shows what went
// wrong.
package page

import (
	"context"
	"sync/atomic"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
)

// Page is one of the pages of the window.
type Page interface {
	Object() fyne.CanvasObject
	Name() string // of the page in the sidebar
	Updated()     // the session was refreshed
	Focus()       // puts the focus where it belongs
}

// Leaver is a page that has something to end when another is opened.
type Leaver interface{ Leave() }

// Keeper is a page with a form of its own, which is not left before its user was asked.
type Keeper interface {
	Unsaved() bool // something was changed in it
	Kept()         // its user stays
}

// Shell is what the window does for its pages.
type Shell interface {
	Open(Page)
	GoTo(name string)                          // opens a page by its name in the sidebar
	Connect(c state.Connection, secret string) // and shows its keys; an empty secret means the kept one
	Disconnect()
	CreateKey()                                // asks for a new key
	BeginKey(name string, as state.TemplateID) // the same, with a name and values that can be kept
	ImportKeys()                               // asks for the keys of another system
	Visited(key string)                        // the list of keys shows others, or somebody looks at this one
	Reload()                                   // reads everything again, in the background
	Redraw()                                   // shows what has changed around the page: sidebar, tray
	Remember(edit func(*state.Preferences))    // in the background
	Retheme(theme string)                      // dark, light, or empty for the system's
	Speak(language string)                     // empty for the system's

	TypedKey(*fyne.KeyEvent)   // a key that nothing with the focus has taken
	TypedRune(rune)            // a character of that kind
	RunShortcut(fyne.Shortcut) // a shortcut that the focus was given in the window's place
}

// Host is where a page is: the window, the program and the open session. All
// of it is for the thread that draws.
type Host struct {
	*kit.Stage
	Shell
	Fyne      fyne.App
	App       *state.App
	Clipboard *Clipboard

	Session *state.Session   // nil while none is open
	Pools   []string         // of the session's server
	Wanted  state.Connection // what is open, shall be, or could not be opened
	Context context.Context  // ends when the session does; nil while none is open

	Working atomic.Bool // something is done to many keys

	beside   *kit.Beside // the details that were put next to a list last
	besideOf string      // the page that they belong to

	done    string     // what was done to keys last; empty = nothing
	undo    state.Undo // takes that back
	offered func()     // takes away the message that offers it
}

// Current is the page that is shown.
func (h *Host) Current() Page {
	p, _ := h.At.(Page)
	return p
}

// Changed shows a change at once, and reads the list again.
func (h *Host) Changed() {
	h.Current().Updated()
	h.Reload()
}

// ShowKeys leads to the keys of a query.
func (h *Host) ShowKeys(q state.Query) {
	h.Session.List.SetQuery(q)
	h.GoTo("keys")
}

// ShowKey leads to one key; an empty id leads nowhere.
func (h *Host) ShowKey(id string) {
	if id != "" {
		h.ShowKeys(state.Query{Search: id})
	}
}

// ConnectionName is the name of a connection as it is shown.
func (h *Host) ConnectionName(c state.Connection) string {
	if c.Way == state.WayLocal {
		return h.Words.T("connection.local")
	}
	return c.Name
}
