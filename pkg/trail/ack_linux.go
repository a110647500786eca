package trail

import (
	"crypto/tls"
	"errors"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// awaitAck waits until the other machine has confirmed all that was written, and no longer than some time.
func awaitAck(conn net.Conn, within time.Duration) error {
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return err
	}
	for end, pause := time.Now().Add(within), time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		var waiting int
		var askErr error
		if err := raw.Control(func(fd uintptr) {
			waiting, askErr = unix.IoctlGetInt(int(fd), unix.TIOCOUTQ)
		}); err != nil {
			return err
		}
		switch {
		case askErr != nil:
			return askErr
		case waiting == 0:
			return nil
		case time.Now().After(end):
			return errors.New("syslog does not take what was sent")
		}
		time.Sleep(pause)
	}
}
