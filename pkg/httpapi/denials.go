package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

const eventStream = "text/event-stream"

func (h *handler) listDenials(w http.ResponseWriter, r *http.Request) error {
	query, err := readDenialQuery(r)
	if err != nil {
		return err
	}
	if accepts(r, eventStream) {
		return h.followDenials(w, r, query)
	}
	list, next, err := h.Service.Denials(r.Context(), query)
	if err != nil {
		return err
	}
	page := api.DenialList{Denials: api.FromDenials(list)}
	if next != nil {
		page.NextCursor = cursor{Order: denialOrder, Time: next.At, Number: next.ID}.String()
	}
	api.Write(w, http.StatusOK, page)
	return nil
}

// denialOrder is the one order of refused requests.
const denialOrder = "denials"

// refusals lists the codes of decisions that refuse.
func refusals() string {
	var codes []string
	for _, code := range apikey.DecisionCodes() {
		if !code.LetsIn() {
			codes = append(codes, string(code))
		}
	}
	return strings.Join(codes, ", ")
}

func readDenialQuery(r *http.Request) (q apikey.DenialQuery, err error) {
	p, err := readParameters(r)
	if err != nil {
		return q, err
	}
	if q.KeyID = p.text("keyId"); q.KeyID != "" && api.CheckID(q.KeyID) != nil {
		p.wrong.Add("keyId", "is not the id of a key; an id has 12 letters and digits")
	}
	if q.Code = apikey.Code(p.text("code")); q.Code != "" && (q.Code.LetsIn() || !api.IsCode(q.Code)) {
		p.wrong.Add("code", "is not the code of a refusal; there are %s", refusals())
	}
	if q.Endpoint = p.text("endpoint"); q.Endpoint != "" {
		p.wrong.AddError("endpoint", apikey.CheckEndpointName(q.Endpoint))
	}
	q.Since = p.since()
	q.Search = apikey.Searched(p.searchText("q"))
	if c := p.cursor(denialOrder); c != nil {
		q.BeforeAt, q.Before = c.Time, c.Number // an older server's has no time, and is of the order of numbers
	}
	q.Limit = p.limit()
	return q, p.wrong.Err()
}

// How refused requests are followed.
const (
	followEvery    = time.Second
	followSilence  = 15 * time.Second // after which a comment shows that the stream lives
	followPatience = 30 * time.Second // for the client to take what was written
	followLife     = time.Minute      // until the client has to show again who it is
	maxFollowers   = 64

	// followOverlap is how many numbers back entries are looked for: those of
	// another server may be numbered before and seen after.
	followOverlap = 500
)

// followDenials sends refused requests as server-sent events, as they come
// into the store from whichever server. It begins with those since a moment,
// if one is asked for, or behind the event that the client saw last. The stream
// ends after a minute; clients come back, with a key that is good then.
func (h *handler) followDenials(w http.ResponseWriter, r *http.Request, q apikey.DenialQuery) error {
	if h.followers.Add(1) > maxFollowers {
		h.followers.Add(-1)
		return apikey.Errorf(apikey.CodeRateLimited, "%d programs follow refused requests already. Try again later.",
			maxFollowers)
	}
	defer h.followers.Add(-1)
	f := follower{h: h, w: w, r: r, control: http.NewResponseController(w), query: q, seen: map[int64]bool{}}
	if err := f.begin(); err != nil {
		return err
	}
	tick, end := time.NewTicker(followEvery), time.After(followLife)
	defer tick.Stop()
	for {
		select {
		case <-r.Context().Done():
			return nil
		case <-h.Stopping:
			return nil
		case <-end:
			return nil
		case <-tick.C:
		}
		if !f.send() {
			return nil
		}
	}
}

// follower is a stream of events.
type follower struct {
	h       *handler
	w       http.ResponseWriter
	r       *http.Request
	control *http.ResponseController
	query   apikey.DenialQuery

	last  int64          // the largest number that was seen
	seen  map[int64]bool // of those numbers that may come again
	spoke time.Time
}

// begin finds out where the stream begins, and sends the header.
func (f *follower) begin() error {
	newest := f.query
	newest.Limit, newest.Since, newest.BeforeAt, newest.Before, newest.Written = 1, time.Time{}, time.Time{}, 0, true
	list, _, err := f.h.Service.Denials(f.r.Context(), newest)
	if err != nil {
		return err
	}
	resumed, err := strconv.ParseInt(f.r.Header.Get("Last-Event-ID"), 10, 64)
	switch {
	case err == nil && resumed > 0:
		f.last = resumed
		f.markSeen(resumed)
	case f.query.Since.IsZero() && len(list) > 0:
		f.last = list[0].ID
		f.markSeen(f.last)
	}
	header := f.w.Header()
	header.Set("Content-Type", eventStream)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Accel-Buffering", "no") // else nginx keeps the events to itself
	f.w.WriteHeader(http.StatusOK)
	_ = f.control.SetReadDeadline(time.Time{}) // which would end the request's context
	f.say("retry: 1000\n\n")
	return nil
}

// markSeen takes all up to a number as seen.
func (f *follower) markSeen(last int64) {
	for id := max(1, last-followOverlap); id <= last; id++ {
		f.seen[id] = true
	}
}

// send sends what is new, and reports whether the client may want more.
func (f *follower) send() bool {
	q := f.query
	q.Written, q.Oldest, q.After, q.Limit = true, true, max(0, f.last-followOverlap), apikey.MaxPageSize
	list, _, err := f.h.Service.Denials(f.r.Context(), q)
	if err != nil { // the store is away, or the caller may no longer
		if apikey.ErrorCode(err) == apikey.CodeUnavailable {
			return f.keepAlive()
		}
		return false
	}
	for _, d := range api.FromDenials(list) {
		if f.seen[d.ID] {
			continue
		}
		f.seen[d.ID] = true
		f.last = max(f.last, d.ID)
		data, err := json.Marshal(d)
		if err != nil || !f.say(fmt.Sprintf("id: %d\nevent: denial\ndata: %s\n\n", d.ID, data)) {
			return false
		}
	}
	for id := range f.seen {
		if id < f.last-followOverlap {
			delete(f.seen, id)
		}
	}
	return f.keepAlive()
}

func (f *follower) keepAlive() bool {
	if time.Since(f.spoke) < followSilence {
		return true
	}
	return f.say(":\n\n")
}

func (f *follower) say(text string) bool {
	_ = f.control.SetWriteDeadline(time.Now().Add(followPatience)) // where there is none, the server has its own
	if _, err := f.w.Write([]byte(text)); err != nil {
		return false
	}
	f.spoke = time.Now()
	return f.control.Flush() == nil
}
