package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/secretfile"
)

// Preferences are what the program remembers of its user.
type Preferences struct {
	Connections []Connection `json:"connections"`
	Last        string       `json:"last,omitempty"`     // ID of the connection to open at the start
	Theme       string       `json:"theme,omitempty"`    // dark, light; empty = as the system
	Language    string       `json:"language,omitempty"` // en, de; empty = as the system
	Window      Window       `json:"window,omitzero"`
	LocalGate   bool         `json:"localGate,omitempty"` // the gate on this computer is on
	Announced   []Announced  `json:"announced,omitempty"`

	NoEnds     bool     `json:"noEnds,omitempty"`     // nobody is told of ends of keys
	NoRefusals bool     `json:"noRefusals,omitempty"` // nor of refusals
	Owners     []string `json:"owners,omitempty"`     // further names under which the user owns keys

	Page  string          `json:"page,omitempty"`  // that was shown last, for connections that were not open yet
	Desks map[string]Desk `json:"desks,omitempty"` // how each connection was left, by Connection.Desk
}

// Window is the size of the main window, in units that do not depend on the
// screen's resolution, its place, and whether it covers the whole screen.
type Window struct {
	Width  float32 `json:"width"`
	Height float32 `json:"height"`
	Place  *Place  `json:"place,omitempty"` // nil = the system chooses
	Full   bool    `json:"full,omitempty"`
}

// Place is where the upper left corner of a window is, in pixels, and whether
// the window fills its screen. On Windows it is the corner of the frame, and
// elsewhere that of the content.
type Place struct {
	X         int  `json:"x"`
	Y         int  `json:"y"`
	Maximized bool `json:"maximized,omitempty"`
}

// Announced notes that a key's coming end was announced.
type Announced struct {
	Connection string    `json:"connection"`
	Key        string    `json:"key"`
	End        time.Time `json:"end"`
}

// Settings are Preferences in a file.
type Settings struct {
	path string
	mu   sync.Mutex
	now  Preferences
}

// OpenSettings reads the settings of a directory. A file that does not exist
// is one without preferences. A file that cannot be understood is an error,
// so that it is not overwritten.
func OpenSettings(dir string) (*Settings, error) {
	s := &Settings{path: filepath.Join(dir, "settings.json")}
	data, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the settings cannot be read: %w; check who may read the file", err)
	}
	if err := json.Unmarshal(data, &s.now); err != nil {
		return nil, fmt.Errorf("the settings in %s are damaged: %w; mend the file, or move it away to start without settings", s.path, err)
	}
	return s, nil
}

// Get returns a copy of the preferences.
func (s *Settings) Get() Preferences {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.copied()
}

func (s *Settings) copied() Preferences {
	p := s.now
	p.Connections, p.Announced = slices.Clone(p.Connections), slices.Clone(p.Announced)
	p.Owners = slices.Clone(p.Owners)
	p.copyDesks()
	if p.Window.Place != nil {
		place := *p.Window.Place
		p.Window.Place = &place
	}
	return p
}

// Change edits the preferences and writes them. When they cannot be written
// they hold until the program ends.
func (s *Settings) Change(edit func(*Preferences)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.copied()
	edit(&p)
	s.now = p
	data, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	if err := writePrivate(s.path, append(data, '\n')); err != nil {
		return fmt.Errorf("the settings cannot be saved: %w", err)
	}
	return nil
}

// writePrivate writes a file that only its owner can read, whole or not at
// all.
func writePrivate(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return secretfile.Write(path, data)
}

// Connection returns the connection with an ID.
func (p Preferences) Connection(id string) (Connection, bool) {
	if id == LocalID {
		return Local(), true
	}
	i := slices.IndexFunc(p.Connections, func(c Connection) bool { return c.ID == id })
	if i < 0 {
		return Connection{}, false
	}
	return p.Connections[i], true
}

// Put adds a connection, or replaces the one with its ID.
func (p *Preferences) Put(c Connection) {
	i := slices.IndexFunc(p.Connections, func(o Connection) bool { return o.ID == c.ID })
	if i < 0 {
		p.Connections = append(p.Connections, c)
	} else {
		p.Connections[i] = c
	}
}

// Drop removes a connection and what was noted about it.
func (p *Preferences) Drop(id string) {
	p.Connections = slices.DeleteFunc(p.Connections, func(c Connection) bool { return c.ID == id })
	p.Announced = slices.DeleteFunc(p.Announced, func(t Announced) bool { return t.Connection == id })
	p.dropDesks(id)
	if p.Last == id {
		p.Last = ""
	}
}
