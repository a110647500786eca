package relay

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Handler decides about requests.
type Handler interface {
	// Begin is given a request of which the header has come, without its body, and the context of its connection. It
	// returns nil to leave the request to the server as if it had not been seen. It must not wait for anything. Spent
	// is the exchange before this one on the connection, which has ended, and whose memory may be used again; nil =
	// there is none.
	Begin(ctx context.Context, r *http.Request, spent Exchange) Exchange
}

// Exchange is a request that a Handler has begun with.
type Exchange interface {
	// Upstream is where the request goes; nil if the server is to finish it.
	Upstream() *Upstream
	// AppendRequest appends the header of the request for the upstream. The body follows as it came.
	AppendRequest(b []byte) []byte
	// AppendAnswer appends the header of the answer for the client. The body follows as it came. It returns false if
	// the server is to answer.
	AppendAnswer(b []byte, a *Answer) ([]byte, bool)
	// End is called when the relay has finished with it. If the server goes on, it is not called.
	End()
	// Again begins once more, after End, with a request on the same connection whose fields are the same, but for the
	// length of its body; it is the same Request if its first line is the same too. It returns false, and has decided
	// nothing, if the Handler is to begin instead.
	Again(r *http.Request) bool
}

// Answer is the header of an answer. It is the relay's: it may be changed, and is gone when the call returns.
type Answer struct {
	Status int
	Fields []Field // in the order in which they came, spelt as they came
}

// Field is a line of a header, without the blanks around its value.
type Field struct {
	Name, Value []byte
}

// Begun is how far the relay has come with an exchange that the server is to finish. The server gets the request once
// more, from its first byte on.
type Begun struct {
	Exchange Exchange

	// Upstream is the connection on which the request was sent; nil if it was not. What of the answer was read already
	// is read from it again. The body that the server reads is as long as the client's then, and blank.
	Upstream *Returned
	Rest     []byte // of the request, which is still to be sent
	Sent     int64  // bytes of it
	Reused   bool   // the connection has served before
	Heard    bool   // something of the answer has come
}

type begunKey struct{}

// BegunOf returns what was begun with the request of a context, once; nil if nothing was.
func BegunOf(ctx context.Context) *Begun {
	c, ok := ctx.Value(begunKey{}).(interface{ take() *Begun })
	if !ok {
		return nil
	}
	return c.take()
}

// drop ends what nobody goes on with.
func (b *Begun) drop() {
	if b == nil {
		return
	}
	b.Exchange.End()
	if b.Upstream != nil {
		_ = b.Upstream.Close()
	}
}

// Options of a Relay.
type Options struct {
	Handler Handler
	Logger  *slog.Logger

	HeaderBytes int           // of a request, at most
	Header      time.Duration // for which the first request on a connection may keep us waiting
	Idle        time.Duration // for which all others may
	Answer      time.Duration // for which a client may take nothing of its answer
	Spare       time.Duration // for which a connection to an upstream is kept
	Spares      int           // that are kept to one upstream, by each loop
	Loops       int           // 0 = one for each processor
}

// Upstream is where requests go. Connections to it are kept for the next.
type Upstream struct {
	// Dial opens a connection, or has one that is idle.
	Dial func(ctx context.Context) (*Dialled, error)
	// Wanted reports whether others wait for connections to be closed; nil = never.
	Wanted func() bool

	mu    sync.Mutex
	loops []*loop // that keep connections
}

// Dialled is a connection to an upstream.
type Dialled struct {
	Conn   net.Conn // of TCP
	Free   func()   // called when it is closed
	Reused bool     // it has served before
}

// Returned is a connection to an upstream that the server goes on with.
type Returned struct {
	net.Conn
	Free func()

	in []byte // what was read already
}

// Read reads what the relay has read first.
func (c *Returned) Read(p []byte) (int, error) {
	if n := copy(p, c.in); n > 0 {
		c.in = c.in[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// Buffered returns how much of what the relay has read was not read again.
func (c *Returned) Buffered() int { return len(c.in) }

// NetConn returns the connection itself.
func (c *Returned) NetConn() net.Conn { return c.Conn }

// Close closes the connection.
func (c *Returned) Close() error {
	defer c.Free()
	return c.Conn.Close()
}
