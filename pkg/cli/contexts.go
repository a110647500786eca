package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"
)

// contextFile is config.yaml in the user's configuration directory: the
// servers that the user works with.
type contextFile struct {
	Current  string         `yaml:"current,omitempty"`
	Contexts []savedContext `yaml:"contexts"`
}

// savedContext is a server with the key to manage it.
type savedContext struct {
	Name       string `yaml:"name"`
	URL        string `yaml:"url"`
	APIKeyFile string `yaml:"apiKeyFile,omitempty"`
	APIKey     string `yaml:"apiKey,omitempty"` // only if the user asked for it to be kept here
	CAFile     string `yaml:"caFile,omitempty"`
	Insecure   *bool  `yaml:"insecure,omitempty"`
}

// readContexts reads the file. A user without one has no contexts.
func readContexts() (*contextFile, error) {
	path, err := contextPath()
	if err != nil {
		return &contextFile{}, nil //nolint:nilerr // who has no home has no contexts; save says so when it matters
	}
	file := &contextFile{}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return file, nil
	}
	if err != nil {
		return nil, failed(exitFailed, "", "the contexts cannot be read: %s", err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(content))
	dec.KnownFields(true)
	if err := dec.Decode(file); err != nil && !errors.Is(err, io.EOF) {
		return nil, failed(exitFailed, "mend the file, or move it away and add the contexts anew", "the contexts in %s cannot be read: %s", path, err)
	}
	return file, nil
}

func contextPath() (string, error) {
	dir := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) {
		var err error
		if dir, err = os.UserConfigDir(); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "ostiary", "config.yaml"), nil
}

// find returns the context with the name, or nil.
func (f *contextFile) find(name string) *savedContext {
	i := slices.IndexFunc(f.Contexts, func(c savedContext) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &f.Contexts[i]
}

// noContext is the error about a name that no context has.
func noContext(name string) error {
	return failed(exitUsage, "see which there are: ostiary context list", "there is no context %q", name)
}

// save writes the file for its owner alone, whole or not at all.
func (f *contextFile) save() error {
	path, err := contextPath()
	if err == nil {
		err = f.write(path)
	}
	if err != nil {
		return failed(exitFailed, "XDG_CONFIG_HOME names the directory that ostiary/config.yaml is kept in", "the contexts cannot be saved: %s", err)
	}
	return nil
}

func (f *contextFile) write(path string) error {
	content, err := yaml.Marshal(f)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if target, err := filepath.EvalSymlinks(path); err == nil { // a link to the user's collection of such files stays one
		path = target
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".config-*.yaml") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone after the renaming, and harmless otherwise
	_, err = fmt.Fprintf(tmp, "# Servers that the command ostiary knows: see ostiary context --help.\n%s", content)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
