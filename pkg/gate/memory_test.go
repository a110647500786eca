package gate

import (
	"context"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// memoryListener listens in memory. Its connections have a small buffer each way, like a socket, and its deadlines.
//
// Those of grpc's bufconn are not a socket's: one that was in the past can still end reads after it was taken back.
// net/http sets such a one behind each answer, so a request in some hundred was cancelled.
type memoryListener struct {
	conns chan net.Conn
	done  chan struct{}
	close sync.Once
}

func newMemoryListener() *memoryListener {
	return &memoryListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) dial(ctx context.Context) (net.Conn, error) {
	there, back := newMemoryPipe(), newMemoryPipe()
	select {
	case l.conns <- &memoryConn{from: there, to: back}:
		return &memoryConn{from: back, to: there}, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *memoryListener) Close() error {
	l.close.Do(func() { close(l.done) })
	return nil
}

func (l *memoryListener) Addr() net.Addr { return memoryAddr }

// memoryConn is one end of a connection, with an address that the gate can judge.
type memoryConn struct{ from, to *memoryPipe }

var memoryAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}

func (c *memoryConn) LocalAddr() net.Addr               { return memoryAddr }
func (c *memoryConn) RemoteAddr() net.Addr              { return memoryAddr }
func (c *memoryConn) Read(b []byte) (int, error)        { return c.from.read(b) }
func (c *memoryConn) Write(b []byte) (int, error)       { return c.to.write(b) }
func (c *memoryConn) SetReadDeadline(t time.Time) error { return c.from.limit(&c.from.reading, t) }
func (c *memoryConn) SetWriteDeadline(t time.Time) error {
	return c.to.limit(&c.to.writing, t)
}

func (c *memoryConn) SetDeadline(t time.Time) error {
	_ = c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

func (c *memoryConn) Close() error {
	c.from.set(func(p *memoryPipe) { p.deaf, p.ended = true, true })
	c.to.set(func(p *memoryPipe) { p.ended = true })
	return nil
}

// memoryPipe takes bytes in one direction.
type memoryPipe struct {
	mu      sync.Mutex
	changed sync.Cond
	buf     []byte
	ended   bool // nothing more is written
	deaf    bool // nothing more is read

	reading, writing memoryLimit
}

// memoryLimit is a deadline.
type memoryLimit struct {
	over bool
	turn int // raised by each that is set, so that the timer of one before does nothing
}

// memoryBuffer is how many bytes wait in a pipe to be read.
const memoryBuffer = 32 << 10

func newMemoryPipe() *memoryPipe {
	p := &memoryPipe{}
	p.changed.L = &p.mu
	return p
}

func (p *memoryPipe) set(change func(*memoryPipe)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
	p.changed.Broadcast()
}

func (p *memoryPipe) limit(l *memoryLimit, t time.Time) error {
	p.set(func(*memoryPipe) {
		l.turn++
		wait := time.Until(t)
		if l.over = !t.IsZero() && wait <= 0; l.over || t.IsZero() {
			return
		}
		turn := l.turn
		time.AfterFunc(wait, func() { p.set(func(*memoryPipe) { l.over = l.over || l.turn == turn }) })
	})
	return nil
}

func (p *memoryPipe) read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.deaf:
			return 0, net.ErrClosed
		case p.reading.over:
			return 0, os.ErrDeadlineExceeded
		case len(p.buf) > 0:
			n := copy(b, p.buf)
			p.buf = slices.Delete(p.buf, 0, n)
			p.changed.Broadcast()
			return n, nil
		case p.ended:
			return 0, io.EOF
		}
		p.changed.Wait()
	}
}

func (p *memoryPipe) write(b []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch room := memoryBuffer - len(p.buf); {
		case p.deaf, p.ended:
			return n, net.ErrClosed
		case p.writing.over:
			return n, os.ErrDeadlineExceeded
		case n == len(b):
			return n, nil
		case room > 0:
			some := b[n:min(len(b), n+room)]
			p.buf = append(p.buf, some...)
			n += len(some)
			p.changed.Broadcast()
			continue
		}
		p.changed.Wait()
	}
}

// A deadline that is taken back ends nothing, however late its timer is; and one that is set ends what waits already.
func TestDeadlinesInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newMemoryListener()
		accepted := make(chan net.Conn, 1)
		go func() {
			c, _ := l.Accept()
			accepted <- c
		}()
		client, err := l.dial(t.Context())
		require.NoError(t, err)
		server := <-accepted
		b := make([]byte, 1)
		for range 10_000 {
			require.NoError(t, server.SetReadDeadline(time.Unix(1, 0)))
			require.NoError(t, server.SetReadDeadline(time.Time{}))
			_, err := client.Write([]byte("a"))
			require.NoError(t, err)
			_, err = server.Read(b)
			require.NoError(t, err)
		}
		require.NoError(t, server.SetReadDeadline(time.Now().Add(time.Second)))
		go func() { // while the server waits
			time.Sleep(time.Millisecond)
			_ = server.SetReadDeadline(time.Now().Add(time.Hour))
		}()
		start := time.Now()
		_, err = server.Read(b)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.Equal(t, time.Hour+time.Millisecond, time.Since(start))
		require.NoError(t, client.SetWriteDeadline(time.Now().Add(time.Minute)))
		n, err := client.Write(make([]byte, memoryBuffer+1))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded, "nobody reads")
		require.Equal(t, memoryBuffer, n)
		require.NoError(t, server.Close())
		_, err = client.Write(b)
		require.ErrorIs(t, err, net.ErrClosed)
		_, err = client.Read(b)
		require.ErrorIs(t, err, io.EOF)
	})
}
