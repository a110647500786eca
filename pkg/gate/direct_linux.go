package gate

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// unacknowledged returns how many of the bytes that were sent on a connection last the other side has not received, as
// far as it has said; -1 if that is not known.
func unacknowledged(raw syscall.RawConn) int64 {
	n := -1
	_ = raw.Control(func(fd uintptr) {
		if queued, err := unix.IoctlGetInt(int(fd), unix.SIOCOUTQ); err == nil {
			n = queued
		}
	})
	return int64(n)
}
