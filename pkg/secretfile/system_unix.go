//go:build unix

package secretfile

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// hasModes: who may read a file is in its mode.
const hasModes = true

// open does not wait for somebody to write into a pipe.
func open(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
}

// letInByGroup reports whether this process may read a file only because it
// belongs to the file's group.
func letInByGroup(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(stat.Uid) == os.Geteuid() || os.Geteuid() == 0 {
		return false
	}
	groups, err := os.Getgroups()
	return err == nil && slices.Contains(append(groups, os.Getegid()), int(stat.Gid))
}

// syncDir makes a new name in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
