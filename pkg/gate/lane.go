package gate

import (
	"bufio"
	"bytes"

	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A proxy that asks /auth does so for every request that it gets, and keeps
// connections on which it does nothing else. There most of the time would go
// into what a general server does around a request: a goroutine that watches
// for the client to leave, contexts, copies of headers. So on such connections
// the gate answers by itself, before the server sees anything.
//
// A connection stays in this lane while all that comes are plain questions,
// each whole in one piece; the first byte of anything else takes it to the
// server, for good, as if nothing had been before. There is no way back,
// because nobody outside the server could tell where its next request begins.

// Listener makes connections that l accepts, which must not be encrypted,
// take the short way to /auth. Server works without it, and slower.
func (g *Gate) Listener(l net.Listener) net.Listener {
	return &laneListener{Listener: l, gate: g, open: map[*lane]struct{}{}}
}

type laneListener struct {
	net.Listener
	gate *Gate

	mu     sync.Mutex
	open   map[*lane]struct{} // connections that the server knows nothing of
	closed bool
}

// Accept waits for the next connection.
func (l *laneListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	lane := &lane{Conn: c, listener: l, limits: l.gate.opts.Limits, addr: c.RemoteAddr().String(), in: make([]byte, laneBuffer)}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		_ = c.Close()
		return nil, net.ErrClosed
	}
	l.open[lane] = struct{}{}
	return lane, nil
}

// Close ends listening. A server that shuts down begins with this, and would
// wait for connections that never sent it a request; they end here.
func (l *laneListener) Close() error {
	err := l.Listener.Close()
	l.mu.Lock()
	l.closed = true
	open := l.open
	l.open = nil
	l.mu.Unlock()
	for lane := range open {
		lane.closeUnlessLeft()
	}
	return err
}

func (l *laneListener) forget(c *lane) {
	l.mu.Lock()
	delete(l.open, c)
	l.mu.Unlock()
}

// laneBuffer is the length of the longest question, header and all.
const laneBuffer = 4 << 10

// lane is a connection on which the gate answers questions to /auth. The
// server waits for its first request in Read, and learns of none of them.
type lane struct {
	net.Conn
	listener *laneListener
	limits   Limits
	addr     string

	// Of Read alone, in which there is never more than one goroutine.
	rest []byte // what came for the server
	in   []byte
	text bytes.Reader
	line *bufio.Reader
	out  bytes.Buffer

	answering sync.Mutex // held while answers are made, so that Close does not cut them
	left      bool       // the server has taken over; written with answering held
}

// Read answers the questions that come, and returns what is none.
func (c *lane) Read(p []byte) (int, error) {
	for !c.left {
		n, err := c.Conn.Read(c.in)
		if err = c.take(c.in[:n], err); err != nil {
			return 0, err
		}
	}
	if len(c.rest) > 0 {
		n := copy(p, c.rest)
		c.rest = c.rest[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// take answers the questions at the beginning of data, and leaves the lane if
// anything follows on them. Err is what reading ended with.
func (c *lane) take(data []byte, err error) error {
	c.answering.Lock()
	defer c.answering.Unlock()
	for question, rest := c.question(data); question != nil; question, rest = c.question(data) {
		if err := c.reply(question); err != nil {
			return err
		}
		data = rest
	}
	if len(data) > 0 {
		c.left, c.rest, c.in, c.line = true, data, nil, nil
		c.listener.forget(c)
		return c.SetReadDeadline(time.Now().Add(c.limits.Header)) // as for a first request
	}
	if err == nil {
		err = c.SetReadDeadline(time.Now().Add(c.limits.Idle))
	}
	return err
}

var (
	plainQuestion = []byte("GET /auth ")
	askedQuestion = []byte("GET /auth?")
	headerEnd     = []byte("\r\n\r\n")
)

// question reads the request at the beginning of data if it is a plain
// question to /auth: one that is whole, has no body, wants nothing of the
// connection, and that the server would find nothing wrong with.
func (c *lane) question(data []byte) (r *http.Request, rest []byte) {
	if !bytes.HasPrefix(data, plainQuestion) && !bytes.HasPrefix(data, askedQuestion) {
		return nil, nil
	}
	end := bytes.Index(data, headerEnd)
	if end < 0 {
		return nil, nil
	}
	header, rest := data[:end+len(headerEnd)], data[end+len(headerEnd):]
	c.text.Reset(header)
	if c.line == nil {
		c.line = bufio.NewReaderSize(&c.text, laneBuffer)
	} else {
		c.line.Reset(&c.text)
	}
	r, err := http.ReadRequest(c.line)
	if err != nil || c.line.Buffered() > 0 || r.Proto != "HTTP/1.1" || !isPlainHeader(header) {
		return nil, nil
	}
	for _, name := range []string{"Connection", "Content-Length", "Transfer-Encoding", "Trailer", "Expect", "Upgrade"} {
		if r.Header[name] != nil || r.TransferEncoding != nil {
			return nil, nil
		}
	}
	r.RemoteAddr = c.addr
	return r, rest
}

// isPlainHeader reports whether a header has well-formed names and exactly one
// Host, also well-formed, none of which http.ReadRequest tells.
func isPlainHeader(header []byte) bool {
	hosts := 0
	_, lines, _ := bytes.Cut(bytes.TrimSuffix(header, []byte("\r\n")), []byte("\n"))
	for line := range bytes.Lines(lines) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		if !isToken(name) {
			return false
		}
		if !bytes.EqualFold(name, []byte("Host")) {
			continue
		}
		hosts++
		for _, b := range bytes.TrimSpace(value) {
			if !isHostByte[b] {
				return false
			}
		}
	}
	return hosts == 1
}

// isHostByte holds true for the bytes of names and addresses.
var isHostByte = func() (t [256]bool) {
	for _, b := range []byte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-_:[]") {
		t[b] = true
	}
	return t
}()

// reply answers a question.
func (c *lane) reply(r *http.Request) error {
	w := laneWriter{header: make(http.Header, 8), status: http.StatusOK}
	c.listener.gate.answerAuth(&w, r)
	if w.header["Content-Length"] == nil {
		w.header["Content-Length"] = []string{strconv.Itoa(len(w.body))}
	}
	c.out.Reset()
	out := append(c.out.AvailableBuffer(), "HTTP/1.1 "...)
	out = strconv.AppendInt(out, int64(w.status), 10)
	out = append(append(out, ' '), http.StatusText(w.status)...)
	out = time.Now().UTC().AppendFormat(append(out, "\r\nDate: "...), http.TimeFormat)
	c.out.Write(append(out, "\r\n"...))
	_ = w.header.Write(&c.out) // to memory
	c.out.WriteString("\r\n")
	c.out.Write(w.body)
	_ = c.SetWriteDeadline(time.Now().Add(c.limits.Response))
	_, err := c.Conn.Write(c.out.Bytes())
	return err
}

// laneWriter gathers an answer of /auth.
type laneWriter struct {
	header http.Header
	status int
	body   []byte
}

// Header returns the header to be sent.
func (w *laneWriter) Header() http.Header { return w.header }

// WriteHeader sets the status.
func (w *laneWriter) WriteHeader(status int) { w.status = status }

// Write adds to the body.
func (w *laneWriter) Write(p []byte) (int, error) {
	w.body = append(w.body, p...)
	return len(p), nil
}

// Close closes the connection, after an answer that is being made.
func (c *lane) Close() error {
	defer c.waitForAnswer()()
	c.listener.forget(c)
	return c.Conn.Close()
}

func (c *lane) closeUnlessLeft() {
	defer c.waitForAnswer()()
	if !c.left {
		_ = c.Conn.Close()
	}
}

// waitForAnswer waits for an answer that is being made. A client that does not
// take it cannot hold that up for long.
func (c *lane) waitForAnswer() (done func()) {
	if !c.answering.TryLock() {
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		c.answering.Lock()
	}
	return c.answering.Unlock
}

// CloseWrite ends what is sent, so that the client can read an answer that
// comes before the end of its request.
func (c *lane) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
