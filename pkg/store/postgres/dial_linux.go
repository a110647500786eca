package postgres

import (
	"strings"
	"syscall"
	"time"
)

const (
	// tcpUserTimeout is Linux's option of that name, which package syscall
	// does not have.
	tcpUserTimeout = 0x12

	// unanswered is how long a peer may leave what was sent unacknowledged
	// before the connection counts as dead.
	unanswered = 10 * time.Second
)

// limitUnanswered makes a connection end when its peer has been silent for too
// long while it owed an acknowledgement.
func limitUnanswered(network, _ string, c syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	var set error
	err := c.Control(func(fd uintptr) {
		set = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(unanswered.Milliseconds()))
	})
	if err != nil {
		return err
	}
	return set
}
