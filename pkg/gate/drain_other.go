//go:build !linux

package gate

import "net"

// refuseNew returns false: only Linux can.
func refuseNew(*net.TCPListener) bool { return false }

func isQueued(*net.TCPListener) bool { return false }
