package state

import (
	"context"

	"github.com/ostiary/ostiary/pkg/api"
)

// Failure is a key that was not changed, and why.
type Failure struct {
	Key api.Key
	Err error
}

// BulkResult says how the changing of several keys went.
type BulkResult struct {
	Done    int
	Failed  []Failure
	Skipped []api.Key // not begun, because it was stopped or the caller lost its rights
}

// Bulk carries out an action on several keys, one after another, and calls
// progress before the first and after each. It stops when ctx ends; the key
// that it is at then is finished first, so that nothing is left unknown.
func (s *Session) Bulk(ctx context.Context, action Action, keys []api.Key, progress func(done, total int)) BulkResult {
	var result BulkResult
	progress(0, len(keys))
	for i, key := range keys {
		if ctx.Err() != nil {
			result.Skipped = keys[i:]
			break
		}
		err := s.Do(context.WithoutCancel(ctx), action, key, false)
		if err == nil {
			result.Done++
		} else {
			result.Failed = append(result.Failed, Failure{key, err})
		}
		progress(i+1, len(keys))
		if kind := Explain(err); kind != nil && (kind.Kind == KindCredentials || kind.Kind == KindRole) {
			result.Skipped = keys[i+1:]
			break
		}
	}
	return result
}
