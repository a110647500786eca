package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
)

// followPause is how long a client waits before it follows on.
const followPause = time.Second

// FollowDenials gives refused requests as they happen, those first that q's
// Since asks for, until ctx ends or the caller stops. Streams that end, and a
// server that is away for a while, are taken up again where they were; Cursor
// and Limit do not matter. An error is the last that comes.
func (c *Client) FollowDenials(ctx context.Context, q DenialQuery) iter.Seq2[api.Denial, error] {
	return func(yield func(api.Denial, error) bool) {
		q.Cursor, q.Limit = "", 0
		last := ""
		for connected := false; ; {
			err := c.stream(ctx, request{method: http.MethodGet, path: "/v1/denials", query: q.values()}, &last,
				func() { connected = true },
				func(data []byte) error {
					var d api.Denial
					if err := json.Unmarshal(data, &d); err != nil {
						return err
					}
					if !yield(d, nil) {
						return errStopped
					}
					return nil
				})
			switch {
			case errors.Is(err, errStopped), ctx.Err() != nil:
				return
			case err != nil && (!connected || !passing(err) && !isDial(err)):
				yield(api.Denial{}, err)
				return
			}
			select {
			case <-time.After(followPause):
			case <-ctx.Done():
				return
			}
		}
	}
}

// errStopped is the caller's wish.
var errStopped = errors.New("stopped")

// stream reads server-sent events, and calls each with the data of every one.
// Last is the id of the event that was seen last.
func (c *Client) stream(
	ctx context.Context, req request, last *string, connected func(), each func(data []byte) error,
) error {
	httpReq, err := c.build(ctx, req)
	if err != nil {
		return err
	}
	httpReq.Header.Set("Accept", "text/event-stream, "+api.ContentType)
	if *last != "" {
		httpReq.Header.Set("Last-Event-ID", *last)
	}
	resp, err := c.http.Do(httpReq)
	if err != nil {
		return transportError(c.server(), req.method, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK ||
		!strings.HasPrefix(kind, "text/event-stream") {
		a, err := read(resp)
		if err != nil {
			return transportError(c.server(), req.method, err)
		}
		if err := c.failure(req, a); err != nil {
			return err
		}
		return c.foreign(req, a)
	}
	connected()
	return readEvents(resp.Body, last, each)
}

// maxEvent is the longest line of an event, in bytes.
const maxEvent = 1 << 20

// readEvents reads events until their stream ends, which is no error.
func readEvents(in io.Reader, last *string, each func(data []byte) error) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxEvent)
	var id, data string
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case lines.Text() == "":
			if data != "" {
				if err := each([]byte(data)); err != nil {
					return err
				}
				*last = id
			}
			data = ""
		case field == "id":
			id = value
		case field == "data":
			data += value
		}
	}
	return nil
}
