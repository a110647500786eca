package gate

import (
	"bytes"
	"net/http"
	"strconv"
	"time"
)

// reply is a response that is made as a whole before it is sent.
type reply struct {
	header http.Header
	status int // 0: nobody has said
	body   bytes.Buffer
	out    bytes.Buffer
	date   []byte // as it was last written
	second int64  // of date
}

func newReply() reply { return reply{header: http.Header{}} }

// Header returns the header that is to be sent.
func (w *reply) Header() http.Header { return w.header }

// WriteHeader sets the status; the first counts.
func (w *reply) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write adds to the body.
func (w *reply) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// take returns the response as it goes over the wire, which is valid until
// the next call, and makes w ready for the next one.
func (w *reply) take(now time.Time, last bool) []byte {
	w.WriteHeader(http.StatusOK)
	w.out.Reset()
	b := append(w.out.AvailableBuffer(), "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(w.status), 10)
	b = append(append(append(b, ' '), http.StatusText(w.status)...), "\r\n"...)
	w.out.Write(b)
	_ = w.header.Write(&w.out) // to memory
	b = append(w.out.AvailableBuffer(), "Date: "...)
	b = append(b, w.dateAt(now)...)
	if w.header["Content-Length"] == nil {
		b = append(b, "\r\nContent-Length: "...)
		b = strconv.AppendInt(b, int64(w.body.Len()), 10)
	}
	if last {
		b = append(b, "\r\nConnection: close"...)
	}
	b = append(b, "\r\n\r\n"...)
	w.out.Write(b)
	w.out.Write(w.body.Bytes())

	clear(w.header)
	w.status = 0
	w.body.Reset()
	return w.out.Bytes()
}

// dateAt returns now as the Date header has it, which is the same for all of
// a second.
func (w *reply) dateAt(now time.Time) []byte {
	if second := now.Unix(); second != w.second {
		w.date, w.second = now.UTC().AppendFormat(w.date[:0], http.TimeFormat), second
	}
	return w.date
}
