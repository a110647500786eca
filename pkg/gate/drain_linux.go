package gate

import (
	"net"

	"golang.org/x/sys/unix"
)

// onlyConnected is a filter of packets that drops what begins a connection: SYN without ACK, in the flags of TCP's
// header.
var onlyConnected = []unix.SockFilter{
	{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 13},
	{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: 0x12},
	{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: 0x02, Jf: 1},
	{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	{Code: unix.BPF_RET | unix.BPF_K, K: 1<<32 - 1},
}

// refuseNew has the kernel not hear of further clients, and reports whether it does. They try again a second later,
// when something else may listen, and have sent nothing yet that could be lost.
func refuseNew(ln *net.TCPListener) bool {
	program := unix.SockFprog{Len: uint16(len(onlyConnected)), Filter: &onlyConnected[0]} //nolint:gosec // G115: it is 5
	return onSocket(ln, func(fd int) error {
		return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program)
	})
}

// isQueued reports whether clients have connected that were not accepted yet.
func isQueued(ln *net.TCPListener) bool {
	queued := false
	return onSocket(ln, func(fd int) error {
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		queued = err == nil && info.Unacked > 0 // which is that of a listener
		return err
	}) && queued
}

// onSocket reports whether what is done on the listener's socket has succeeded.
func onSocket(ln *net.TCPListener, do func(fd int) error) bool {
	raw, err := ln.SyscallConn()
	if err != nil {
		return false
	}
	failed := raw.Control(func(fd uintptr) { err = do(int(fd)) })
	return failed == nil && err == nil
}
