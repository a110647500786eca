//go:build unix

package secretfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// hasModes: who may read a file is in its mode.
const hasModes = true

// open does not wait for somebody to write into a pipe.
func open(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
}

// isAnothers reports whether a file belongs to another user than this process,
// which is not root.
func isAnothers(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && os.Geteuid() != 0 && int(stat.Uid) != os.Geteuid()
}

// syncDir makes a new name in a directory durable, where the system can: some
// file systems have no such thing, and the name is there all the same.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) { // to list it; writing to it takes another right
		return nil
	}
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, d.Close())
}
