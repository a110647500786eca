package relay

import (
	"bufio"
	"bytes"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	bufferSize = 128 << 10 // what is read at once

	// patience is how long the rest of a request or of an answer may take until the server goes on with it.
	patience = 20 * time.Millisecond
	// lookEvery is how often connections are looked at whose time may be over.
	lookEvery = 2 * time.Second

	edge = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET&0xffffffff
)

// loop serves connections on a thread of its own.
type loop struct {
	relay       *Relay
	epoll, wake int
	buf         []byte // that is read into
	out         []byte // a header that is being made
	source      bytes.Reader
	parser      *bufio.Reader
	heard       Answer    // that is being read
	now         time.Time // when it woke
	looked      time.Time
	gen         int32  // of the newest connection
	slots       []slot // by socket
	conns       int
	partial     map[*conn]struct{} // of which something may be late
	idle        map[*Upstream][]*wire
	queues      map[*Upstream]*queue

	mu     sync.Mutex
	posted []func()
	ended  bool
}

// slot is a connection of a socket.
type slot struct {
	conn *conn
	wire *wire
}

func newLoop(r *Relay) (*loop, error) {
	l := &loop{
		relay: r, buf: make([]byte, bufferSize), parser: bufio.NewReaderSize(nil, 4<<10),
		partial: map[*conn]struct{}{}, idle: map[*Upstream][]*wire{}, queues: map[*Upstream]*queue{}, now: time.Now(),
	}
	var err error
	if l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	if l.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		_ = unix.Close(l.epoll)
		return nil, err
	}
	if err := l.watch(l.wake, 0, unix.EPOLLIN); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *loop) close() {
	_ = unix.Close(l.epoll)
	_ = unix.Close(l.wake)
}

// watch has the loop woken for a socket.
func (l *loop) watch(fd int, gen int32, events uint32) error {
	e := unix.EpollEvent{Events: events, Fd: int32(fd), Pad: gen} //nolint:gosec // G115: it is a descriptor
	return unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &e)
}

// put notes whose a socket is.
func (l *loop) put(fd int, s slot) (gen int32) {
	for len(l.slots) <= fd {
		l.slots = append(l.slots, slot{})
	}
	l.slots[fd] = s
	l.gen++
	return l.gen
}

// post has the loop call f. It reports whether it will.
func (l *loop) post(f func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return false
	}
	if l.posted = append(l.posted, f); len(l.posted) == 1 {
		_, _ = unix.Write(l.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	}
	return true
}

// run serves until the relay ends and no connection is left.
func (l *loop) run() {
	defer processors.add(-1)
	defer l.close()
	var events [128]unix.EpollEvent
	for !l.done() {
		n := l.wait(events[:])
		l.now = time.Now()
		for i := range events[:n] {
			l.dropIfSpare(&events[i]) // before somebody asks on it
		}
		for i := range events[:n] {
			l.serve(&events[i])
		}
		l.look()
	}
}

// wait waits for events. It waits a moment as one that computes: the runtime takes a processor away from a thread that
// it knows to wait, and looks every 20 µs for such threads, which costs a tenth of what a loop does under load.
func (l *loop) wait(events []unix.EpollEvent) int {
	const aMoment = 1 // ms; a collection of garbage ends it by a signal
	n, _, err := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(l.epoll),
		uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), aMoment, 0, 0) //nolint:gosec // G103: as the kernel takes it
	switch {
	case err != 0:
		return 0
	case n > 0:
		return int(n)
	}
	most := -1
	switch {
	case len(l.partial) > 0:
		most = int(patience.Milliseconds()) / 4
	case l.conns > 0 || len(l.idle) > 0:
		most = int(lookEvery.Milliseconds())
	}
	got, failed := unix.EpollWait(l.epoll, events, most)
	if failed != nil {
		return 0
	}
	return got
}

func (l *loop) serve(e *unix.EpollEvent) {
	fd := int(e.Fd)
	if fd == l.wake {
		l.runPosted()
		return
	}
	if fd >= len(l.slots) {
		return
	}
	s := l.slots[fd]
	defer l.rescue(s)
	switch {
	case s.conn != nil && s.conn.gen == e.Pad:
		l.clientIsReady(s.conn, e.Events)
	case s.wire != nil && s.wire.gen == e.Pad:
		l.upstreamIsReady(s.wire, e.Events)
	}
}

// dropIfSpare closes a connection that was kept if its upstream has closed it, or said what nobody had asked.
func (l *loop) dropIfSpare(e *unix.EpollEvent) {
	if fd := int(e.Fd); e.Events&^unix.EPOLLOUT != 0 && fd < len(l.slots) {
		if w := l.slots[fd].wire; w != nil && w.gen == e.Pad && w.conn == nil {
			l.drop(w)
		}
	}
}

// rescue ends the connection at which the handler panicked, and no other.
func (l *loop) rescue(s slot) {
	failed := recover()
	if failed == nil {
		return
	}
	l.relay.opts.Logger.Error("a request made the gate panic", "panic", failed, "stack", string(debug.Stack()))
	c := s.conn
	if c == nil {
		c = s.wire.conn
	}
	if c != nil && c.fd >= 0 {
		l.abandon(c)
	}
}

func (l *loop) runPosted() {
	var count [8]byte
	_, _ = unix.Read(l.wake, count[:])
	l.mu.Lock()
	posted := l.posted
	l.posted = nil
	l.mu.Unlock()
	for _, f := range posted {
		f()
	}
}

// done reports whether the loop has ended, and keeps others from posting then.
func (l *loop) done() bool {
	if !l.relay.ended.Load() || l.conns > 0 {
		return false
	}
	for up := range l.idle {
		l.closeIdle(up)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = len(l.posted) == 0
	return l.ended
}

// look looks for what is late.
func (l *loop) look() {
	for c := range l.partial {
		if l.now.Sub(c.since) >= patience {
			l.handOver(c)
		}
	}
	if l.now.Sub(l.looked) < lookEvery {
		return
	}
	l.looked = l.now
	for i := range l.slots {
		switch c := l.slots[i].conn; {
		case c == nil:
		case l.isLate(c):
			l.end(c)
		case c.state == idle && l.now.Sub(c.since) >= lookEvery:
			c.forget()
		}
	}
	for up, all := range l.idle {
		for _, w := range all {
			if l.now.Sub(w.since) >= l.relay.opts.Spare {
				l.closeIdle(up)
				break
			}
		}
	}
}

func (l *loop) isLate(c *conn) bool {
	opts, age := &l.relay.opts, l.now.Sub(c.since)
	switch {
	case c.state == idle && c.served:
		return age >= opts.Idle
	case c.state == idle:
		return age >= opts.Header
	}
	return c.state == answering && age >= opts.Answer
}
