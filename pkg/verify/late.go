package verify

import (
	"context"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// late is when a key came after its end, in Unix milliseconds; 0 = it did not.
type late struct{ held, grace int64 }

// Late notes that a key came after its end, and was held or let in with grace.
func (r *Recorder) Late(key apikey.ID, code apikey.Code) {
	now := late{grace: r.now().UnixMilli()}
	if code == apikey.CodeHeld {
		now = late{held: now.grace}
	}
	r.addLate(key, now)
}

func (r *Recorder) addLate(key apikey.ID, l late) {
	s := &r.shards[key[0]%numShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.late == nil {
		s.late = map[apikey.ID]late{}
	}
	last := s.late[key]
	s.late[key] = late{held: max(last.held, l.held), grace: max(last.grace, l.grace)}
}

// flushLate writes what came late. The caller holds flushing.
func (r *Recorder) flushLate(ctx context.Context) error {
	taken := map[apikey.ID]late{}
	var batch []apikey.Late
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		for key, l := range s.late {
			taken[key] = l
			batch = append(batch, apikey.Late{KeyID: key, HeldAt: ofMillis(l.held), GraceAt: ofMillis(l.grace)})
		}
		s.late = nil
		s.mu.Unlock()
	}
	if len(batch) == 0 {
		return nil
	}
	err := r.store.RecordLate(ctx, batch)
	if err != nil {
		for key, l := range taken {
			r.addLate(key, l)
		}
	}
	return err
}

func ofMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
