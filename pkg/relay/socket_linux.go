package relay

import (
	"errors"
	"net"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The sockets of a loop never block, so the scheduler need not hear of these calls.

func receive(fd int, p []byte) (int, syscall.Errno) {
	n, _, err := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd),
		uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), 0, 0, 0) //nolint:gosec // G103: as the kernel takes it
	if err != 0 {
		return 0, err
	}
	return int(n), 0
}

// send sends two pieces in one go. What there is no room for is left.
func send(fd int, head, body []byte) (int, syscall.Errno) {
	switch {
	case len(body) == 0:
		return sent(syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd),
			uintptr(unsafe.Pointer(&head[0])), uintptr(len(head)), unix.MSG_NOSIGNAL, 0, 0)) //nolint:gosec // G103: likewise
	case len(head) == 0:
		return send(fd, body, nil)
	}
	var pieces [2]unix.Iovec
	for i, p := range [...][]byte{head, body} {
		pieces[i].Base = &p[0]
		pieces[i].SetLen(len(p))
	}
	return sent(syscall.RawSyscall(unix.SYS_WRITEV, uintptr(fd),
		uintptr(unsafe.Pointer(&pieces[0])), uintptr(len(pieces)))) //nolint:gosec // G103: likewise
}

func sent(n, _ uintptr, err syscall.Errno) (int, syscall.Errno) {
	switch err {
	case 0:
		return int(n), 0
	case unix.EAGAIN:
		return 0, 0
	}
	return 0, err
}

// hasGone reports whether the other side has closed the connection and nothing is left to read.
func hasGone(fd int) bool {
	n, err := peek(fd)
	return n == 0 && err != unix.EAGAIN && err != unix.EINTR
}

// isQuiet reports whether the other side has neither closed the connection nor said anything that was not read.
func isQuiet(fd int) bool {
	_, err := peek(fd)
	return err == unix.EAGAIN
}

func peek(fd int) (int, syscall.Errno) {
	var seen [1]byte
	n, _, err := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd),
		uintptr(unsafe.Pointer(&seen[0])), 1, unix.MSG_PEEK|unix.MSG_DONTWAIT, 0, 0) //nolint:gosec // G103: likewise
	if err != 0 {
		return 0, err
	}
	return int(n), 0
}

// detach returns the socket of a connection, of which the runtime knows no longer. The connection is closed, unless
// that fails.
func detach(c net.Conn) (fd int, err error) {
	s, ok := c.(syscall.Conn)
	if !ok {
		return -1, errors.ErrUnsupported
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return -1, err
	}
	fd = -1
	if control := raw.Control(func(n uintptr) {
		fd, err = unix.FcntlInt(n, unix.F_DUPFD_CLOEXEC, 3)
	}); control != nil {
		return -1, control
	}
	if err != nil {
		return -1, err
	}
	_ = c.Close() // which leaves the socket open for fd
	return fd, nil
}

// attach makes a socket one of the runtime's again.
func attach(fd int) (net.Conn, error) {
	f := os.NewFile(uintptr(fd), "")
	defer f.Close()
	return net.FileConn(f)
}
