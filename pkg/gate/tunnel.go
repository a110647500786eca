package gate

import (
	"bufio"
	"errors"
	"net"
)

// Hijack takes over the client's connection, on which what the client sends still counts.
func (x *exchange) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := x.control.Hijack()
	if err != nil {
		return nil, nil, err
	}
	return x.outcome.Conn(x.request.Context(), &tunnel{Conn: conn, early: buffered.Reader}), buffered, nil
}

// tunnel is a client's connection that speaks another protocol now. A client need not wait until it hears that it
// may: what has come right behind its request was read by the server, and is the first of what it says.
type tunnel struct {
	net.Conn
	early *bufio.Reader
}

// Read reads what the server has read first.
func (t *tunnel) Read(p []byte) (int, error) {
	if n := t.early.Buffered(); n > 0 {
		return t.early.Read(p[:min(len(p), n)])
	}
	return t.Conn.Read(p)
}

// CloseWrite signals the end of the data to the other side, which may still say something.
func (t *tunnel) CloseWrite() error { return closeWrite(t.Conn) }

// closeWrite signals the end of the data to the other side of a connection, if it has a way to.
func closeWrite(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}
