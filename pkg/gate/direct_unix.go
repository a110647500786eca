//go:build unix

package gate

import (
	"errors"
	"net"
	"syscall"
)

const canLook = true // at a socket, whether anything has come

// rawConn returns the socket of a connection; nil if it has none.
func rawConn(c net.Conn) syscall.RawConn {
	for {
		within, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		c = within.NetConn()
	}
	s, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// isQuiet reports whether the other side of a connection has neither closed it
// nor said anything that was not read yet.
func isQuiet(raw syscall.RawConn) bool {
	var seen [1]byte
	quiet := false
	err := raw.Read(func(fd uintptr) bool {
		_, _, err := syscall.Recvfrom(int(fd), seen[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = errors.Is(err, syscall.EAGAIN)
		return true
	})
	return err == nil && quiet
}
