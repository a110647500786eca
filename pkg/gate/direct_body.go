package gate

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// cork gathers the header and the pieces of a request's body, so that they go
// to the upstream in few writes. What has been waiting for the next piece for
// patience goes out without it, and from then on every piece does as it comes.
type cork struct {
	wire *wire

	mu     sync.Mutex
	buf    *[corkSize]byte
	n      int  // bytes in buf
	sent   int  // of those
	slow   bool // pieces do not come as fast as they could
	failed error
}

const (
	corkSize     = 68 << 10 // a header and 64 kB
	corkPatience = time.Millisecond
)

var corks = sync.Pool{New: func() any { return new([corkSize]byte) }}

// sendBody sends a request with its body. It ends the connection if the body
// breaks off, because the upstream would wait for the rest. If it is the
// upstream that takes no more, its answer may still be there to read.
func (c *wire) sendBody(r *http.Request) error {
	k := &cork{wire: c, buf: corks.Get().(*[corkSize]byte)} //nolint:forcetypeassert // nothing else is put there
	late := time.AfterFunc(corkPatience, k.pull)
	err := writePlain(k, r)
	late.Stop()
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		k.flush()
	} else if k.failed == nil {
		_ = c.Close()
	}
	corks.Put(k.buf)
	k.buf = nil
	return errors.Join(err, k.failed)
}

// pull sends what is there, and stops gathering.
func (k *cork) pull() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.slow = true; k.buf != nil {
		k.flush()
	}
}

// flush sends what was not sent yet. The caller holds mu.
func (k *cork) flush() {
	if k.failed == nil && k.sent < k.n {
		_, k.failed = wireWriter{k.wire}.Write(k.buf[k.sent:k.n])
	}
	k.sent = k.n
}

// Write takes a part of the header.
func (k *cork) Write(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for rest := p; len(rest) > 0; {
		k.makeRoom()
		n := copy(k.buf[k.n:], rest)
		rest, k.n = rest[n:], k.n+n
	}
	return len(p), k.failed
}

// WriteByte takes a part of the header; with it, net/http adds no buffer of its own.
func (k *cork) WriteByte(c byte) error {
	_, err := k.Write([]byte{c})
	return err
}

// WriteString takes a part of the header.
func (k *cork) WriteString(s string) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for rest := s; rest != ""; {
		k.makeRoom()
		n := copy(k.buf[k.n:], rest)
		rest, k.n = rest[n:], k.n+n
	}
	return len(s), k.failed
}

// makeRoom sends what is there if the buffer is full. The caller holds mu.
func (k *cork) makeRoom() {
	if k.n == len(k.buf) {
		k.flush()
		k.n, k.sent = 0, 0
	}
}

// ReadFrom takes the body. What was sent stays in its place meanwhile, because
// the next piece is being read behind it.
func (k *cork) ReadFrom(body io.Reader) (all int64, err error) {
	for {
		k.mu.Lock()
		if k.slow {
			k.flush()
			k.n, k.sent = 0, 0
		}
		k.makeRoom()
		room, err := k.buf[k.n:], k.failed
		k.mu.Unlock()
		if err != nil {
			return all, err
		}
		n, err := body.Read(room)
		k.mu.Lock()
		k.n += n
		k.mu.Unlock()
		all += int64(n)
		switch {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return all, err
		}
	}
}
