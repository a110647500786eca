package verify

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// ErrDayUsed is why a request's body ends before its time: the key has used up the bytes of its day.
var ErrDayUsed = errors.New("the API key has reached its limit of bytes per day")

// BodyLimited is the refusal of a request whose body met ErrDayUsed.
func (o *Outcome) BodyLimited() (d Decision, wait time.Duration) {
	d = Decision{Code: apikey.CodeLimited, Reason: reasonDayBytes, Key: o.Key, Token: o.Token}
	return d, untilTomorrow(time.Now())
}

// AboveDay is the outcome as that of a request that was refused for the bytes of its day, so that its answer says what
// the limits are.
func (o *Outcome) AboveDay() *Outcome {
	refused := *o
	refused.grant.exceeds = limitDayBytes
	return &refused
}

// End gives back what the request had of its key's limits. It is called once, when the answer has ended.
func (o *Outcome) End() {
	if o.grant.meter == nil {
		return
	}
	o.grant.end(o.body.end())
}

// Unused gives back what a request that was let in took of its key's limits, because it was refused after all.
func (o *Outcome) Unused() { o.grant.undo() }

// isMetered reports whether bytes of the request count.
func (o *Outcome) isMetered() bool {
	m := o.grant.meter
	if m == nil || o.grant.exceeds != 0 {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.limits.BytesPerSecond > 0 || m.limits.BytesPerDay > 0
}

// Meter returns a request's body of which every byte counts for the key's limits as it is read; nil if none does.
func (o *Outcome) Meter(ctx context.Context, body io.ReadCloser) *MeteredBody {
	if !o.isMetered() {
		return nil
	}
	o.body = &MeteredBody{ReadCloser: body, ctx: ctx, limiter: o.limiter, grant: o.grant}
	return o.body
}

// Conn returns a connection that the request has become, on which what the client sends counts in the same way.
func (o *Outcome) Conn(ctx context.Context, conn net.Conn) net.Conn {
	if body := o.Meter(ctx, conn); body != nil {
		return &meteredConn{Conn: conn, body: body}
	}
	return conn
}

// meteredConn is a connection on which counts what the client sends.
type meteredConn struct {
	net.Conn
	body *MeteredBody
}

// Read reads what the client sends.
func (c *meteredConn) Read(p []byte) (int, error) { return c.body.Read(p) }

// CloseWrite signals the end of the data to the other side, if the connection can.
func (c *meteredConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// MeteredBody is a request's body that counts for limits. It keeps to the rate: reading waits while there is a debt.
// It ends with ErrDayUsed when the day has no more.
type MeteredBody struct {
	io.ReadCloser
	ctx     context.Context //nolint:containedctx // of the request: while it waits, it looks whether the client has gone
	limiter *Limiter
	grant   grant

	mu     sync.Mutex
	passed int64
	ended  bool // what is read no longer counts
}

// Await waits until more may be read.
func (b *MeteredBody) Await() error {
	_, err := b.await()
	return err
}

// Read reads the next piece, when it may.
func (b *MeteredBody) Read(p []byte) (int, error) {
	most, err := b.await()
	if err != nil {
		return 0, err
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), most)])
	if n > 0 && b.count(int64(n)) {
		return 0, ErrDayUsed
	}
	return n, err
}

// await waits until a debt is paid off, and returns how many bytes may be read at once.
func (b *MeteredBody) await() (most int64, err error) {
	for {
		b.mu.Lock()
		passed := b.passed
		b.mu.Unlock()
		most, wait := b.grant.meter.debt(&b.grant, passed, b.limiter.now())
		if wait == 0 {
			return most, nil
		}
		t := time.NewTimer(wait)
		select {
		case <-b.ctx.Done():
			t.Stop()
			return 0, context.Cause(b.ctx)
		case <-t.C:
		}
	}
}

// count counts bytes that were read, and reports whether the day has no more for them.
func (b *MeteredBody) count(n int64) (over bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return false
	}
	over = b.grant.meter.pass(&b.grant, b.passed, n, b.limiter.now(), time.Now())
	if !over {
		b.passed += n
	}
	b.limiter.touch(b.grant.meter)
	return over
}

// end ends the counting, and returns how much was read; 0 of none.
func (b *MeteredBody) end() int64 {
	if b == nil {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
	return b.passed
}
