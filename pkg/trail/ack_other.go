//go:build !linux

package trail

import (
	"net"
	"time"
)

// awaitAck cannot be told here what the other machine has confirmed.
func awaitAck(net.Conn, time.Duration) error { return nil }
