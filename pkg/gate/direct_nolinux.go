//go:build !linux

package gate

import "syscall"

// unacknowledged returns -1: only Linux says.
func unacknowledged(syscall.RawConn) int64 { return -1 }
