package secretfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Write makes a file, or puts it in the place of another, whole or not at all.
// Only its owner can read it, from the first byte on. A link at its place is
// replaced and never followed: in a directory that others may write to, one can
// appear at any time.
func Write(name string, content []byte) error {
	if err := replaceable(name); err != nil {
		return err
	}
	return place(name, content, os.Rename)
}

// Create makes a file as Write does, and fails with fs.ErrExist if there is
// anything at its place.
func Create(name string, content []byte) error {
	err := place(name, content, os.Link)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, missing := os.Lstat(name); missing == nil {
		return &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
	}
	return createInPlace(name, content, err)
}

// createInPlace makes a file where the file system knows no hard links.
func createInPlace(name string, content []byte, why error) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return why
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return syncDir(filepath.Dir(name))
}

// place writes a temporary file in the same directory, and lets put move it to its name.
func place(name string, content []byte, put func(from, to string) error) error {
	dir := filepath.Dir(name)
	tmp, err := os.CreateTemp(dir, ".ostiary-*") // 0600, and O_EXCL
	if err != nil {
		return inDir(dir, err)
	}
	defer os.Remove(tmp.Name()) // gone after a renaming
	_, err = tmp.Write(content)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := put(tmp.Name(), name); err != nil {
		return err
	}
	return syncDir(dir)
}

// Writable says why a file could not be written, or nil. It tries by making and removing a file in the same directory,
// because the mode alone does not show it.
func Writable(name string) error {
	if err := replaceable(name); err != nil {
		return err
	}
	dir := filepath.Dir(name)
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no directory %s; make it, or name another", dir)
	case err != nil:
		return fmt.Errorf("the directory cannot be used: %w", err)
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory", dir)
	}
	probe, err := os.CreateTemp(dir, ".ostiary-*")
	if err != nil {
		return inDir(dir, err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

func inDir(dir string, err error) error {
	if wrapped, ok := errors.AsType[*fs.PathError](err); ok {
		err = wrapped.Err // its path is that of a file that nobody named
	}
	return fmt.Errorf("the directory %s cannot be written to: %w; let this user write there, or name another", dir, err)
}

// replaceable fails if something other than a regular file has the name, such as a device: a process with the rights
// would replace it for the whole machine.
func replaceable(name string) error {
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		return notAFile(name, info.Mode())
	}
	return nil
}
