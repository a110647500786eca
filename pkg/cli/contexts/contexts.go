// Package contexts keeps the servers that a user of the command line works with,
// each with the key to manage it.
package contexts

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/ostiary/ostiary/pkg/secretfile"
)

// File is config.yaml in the user's configuration directory.
type File struct {
	Current  string    `yaml:"current,omitempty"`
	Contexts []Context `yaml:"contexts"`

	Warning string `yaml:"-"` // that others may read the keys in it; empty = they may not
}

// Context is a server with the key to manage it.
type Context struct {
	Name       string `yaml:"name"`
	URL        string `yaml:"url"`
	APIKeyFile string `yaml:"apiKeyFile,omitempty"`
	APIKey     string `yaml:"apiKey,omitempty"` // only if the user asked for it to be kept here
	CAFile     string `yaml:"caFile,omitempty"`
	Insecure   *bool  `yaml:"insecure,omitempty"`
}

// Error says why the contexts cannot be read or saved, and the next step.
type Error struct {
	Err  error
	Hint string // may be empty
}

// Error says what is wrong.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Read reads the file. A user without one has no contexts.
func Read() (*File, error) {
	name, err := fileName()
	if err != nil {
		return &File{}, nil //nolint:nilerr // who has no home has no contexts; Save says so when it matters
	}
	content, err := secretfile.Read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return &File{}, nil
	}
	if err != nil {
		return nil, &Error{Err: fmt.Errorf("the contexts cannot be read: %w", err)}
	}
	file := &File{}
	text, err := content.Text()
	if err == nil {
		dec := yaml.NewDecoder(bytes.NewReader(text))
		dec.KnownFields(true)
		err = dec.Decode(file)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, &Error{fmt.Errorf("the contexts in %s cannot be read: %w", name, err),
			"mend the file, or move it away and add the contexts anew"}
	}
	if slices.ContainsFunc(file.Contexts, func(c Context) bool { return c.APIKey != "" }) {
		file.Warning = content.Exposed()
	}
	return file, nil
}

func fileName() (string, error) {
	dir := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) {
		var err error
		if dir, err = os.UserConfigDir(); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "ostiary", "config.yaml"), nil
}

// Find returns the context with the name, or nil.
func (f *File) Find(name string) *Context {
	i := slices.IndexFunc(f.Contexts, func(c Context) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &f.Contexts[i]
}

// Save writes the file for its owner alone, whole or not at all.
func (f *File) Save() error {
	name, err := fileName()
	if err == nil {
		err = f.write(name)
	}
	if err != nil {
		return &Error{fmt.Errorf("the contexts cannot be saved: %w", err),
			"XDG_CONFIG_HOME names the directory that ostiary/config.yaml is kept in"}
	}
	return nil
}

func (f *File) write(name string) error {
	content, err := yaml.Marshal(f)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	head := "# Servers that the command ostiary knows: see ostiary context --help.\n"
	return secretfile.Write(ownLink(name), append([]byte(head), content...))
}

// ownLink follows a link that the user has put in the file's place, to where the
// user collects such files. In a directory that others may write to, it may be
// anybody's, and is not followed.
func ownLink(name string) string {
	dir, err := os.Stat(filepath.Dir(name))
	if err != nil || runtime.GOOS != "windows" && dir.Mode().Perm()&0o022 != 0 {
		return name
	}
	if target, err := filepath.EvalSymlinks(name); err == nil {
		return target
	}
	return name
}
