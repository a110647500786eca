//go:build !unix

package gate

import (
	"net"
	"syscall"
)

const canLook = false

// rawConn returns nil.
func rawConn(net.Conn) syscall.RawConn { return nil }

func isQuiet(syscall.RawConn) bool { return false }
