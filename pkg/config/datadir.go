package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// MakeDataDir makes the data directory, which only its owner can enter, or makes
// an existing one so that holds nothing but what is Ostiary's.
func (c *Config) MakeDataDir() error {
	return c.Names.Unusable("data_dir", c.makeDataDir())
}

func (c *Config) makeDataDir() error {
	if err := c.checkDataDir(); err != nil {
		return err
	}
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return fmt.Errorf("the data directory cannot be made: %w", err)
	}
	if private, err := isPrivate(c.DataDir); err != nil || private {
		return err
	}
	if err := os.Chmod(c.DataDir, 0o700); err != nil { //nolint:gosec // a directory needs x
		return fmt.Errorf("the data directory %s is open to others and cannot be closed: %w; type: chmod 700 %s",
			c.DataDir, err, c.DataDir)
	}
	return nil
}

// checkDataDir says why the data directory cannot be one: something else is
// there or in its way, or it holds what is not Ostiary's and would be closed to
// those whose it is.
func (c *Config) checkDataDir() error {
	if err := canBeDir(c.DataDir); err != nil {
		return err
	}
	info, err := os.Stat(c.DataDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the data directory cannot be used: %w", err)
	}
	if info.Mode()&os.ModeSticky != 0 { // such as /tmp: others need it as it is
		return fmt.Errorf("%s is a directory that many share (%s); name one of its own", c.DataDir, info.Mode())
	}
	foreign, known, err := c.inDataDir()
	if err != nil {
		return fmt.Errorf("the data directory cannot be read: %w", err)
	}
	private, err := isPrivate(c.DataDir)
	switch {
	case err != nil || len(foreign) == 0 || known && private:
		return err
	case known:
		return fmt.Errorf("%s is open to others (%04o) and holds other things besides the keys (%s); move them away, or close it to others: chmod 700 %s",
			c.DataDir, info.Mode().Perm(), some(foreign), c.DataDir)
	}
	return fmt.Errorf("%s holds other things (%s); name a directory of its own, such as %s", c.DataDir, some(foreign),
		filepath.Join(c.DataDir, "ostiary"))
}

// inDataDir returns what is in the data directory and is not Ostiary's. Known
// says that Ostiary has kept keys there already; it may then hold more.
func (c *Config) inDataDir() (foreign []string, known bool, err error) {
	entries, err := os.ReadDir(c.DataDir)
	if err != nil {
		return nil, false, err
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case name == "ostiary.db", name == "pepper":
			known = true
		case isOurs(name), c.namesFile(filepath.Join(c.DataDir, name)):
		default:
			foreign = append(foreign, name)
		}
	}
	return foreign, known, nil
}

// namesFile reports whether a setting names a file.
func (c *Config) namesFile(name string) bool {
	wanted, err := filepath.Abs(name)
	return err == nil && slices.ContainsFunc(c.files, func(file string) bool {
		full, err := filepath.Abs(file)
		return err == nil && full == wanted
	})
}

// isOurs reports whether a name in the data directory is one that Ostiary makes,
// or the system in every directory of its kind.
func isOurs(name string) bool {
	switch name {
	case "assertion.key", "gate.crt", "gate.key", "management.crt", "management.key", "lost+found", ".DS_Store":
		return true
	}
	return strings.HasPrefix(name, "ostiary.db-") || strings.HasPrefix(name, "ostiary.db.") ||
		strings.HasPrefix(name, ".ostiary-") || strings.HasPrefix(name, ".nfs")
}

// some lists the first names of many.
func some(names []string) string {
	const enough = 3
	if len(names) > enough {
		return strings.Join(names[:enough], ", ") + " …"
	}
	return strings.Join(names, ", ")
}

// isPrivate reports whether only the owner can enter a directory, as far as the
// system keeps such rights in its mode.
func isPrivate(dir string) (bool, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return false, fmt.Errorf("the data directory cannot be used: %w", err)
	}
	return runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0, nil
}

// canBeDir returns nil, or why there can be no directory: something else has its name, or that of a parent directory.
func canBeDir(dir string) error {
	for at := dir; ; at = filepath.Dir(at) {
		switch info, err := os.Stat(at); {
		case err == nil && !info.IsDir():
			return fmt.Errorf("%s is not a directory", at)
		case err == nil || at == filepath.Dir(at):
			return nil
		}
	}
}
