//go:build !linux

package postgres

import "syscall"

// limitUnanswered does nothing: keep-alives and the time-outs of the calls
// must do here.
func limitUnanswered(_, _ string, _ syscall.RawConn) error { return nil }
