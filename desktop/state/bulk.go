package state

import (
	"context"
	"maps"

	"github.com/ostiary/ostiary/pkg/api"
)

// Failure is a key that was not changed, and why.
type Failure struct {
	Key *api.Key
	Err error
}

// BulkResult says how the changing of several keys went.
type BulkResult struct {
	Done    int
	Failed  []Failure
	Skipped int // not begun, because it was stopped or the caller lost its rights
	Undo    Undo
	Left    []string // names of fields that taking back left as others made them since
}

// Bulk carries out an action on several keys, one after another, and calls
// progress before the first and after each. It stops when ctx ends; the key
// that it is at then is finished first, so that nothing is left unknown. The
// keys are taken out of their slice as they are done, because they may be many
// and the list holds them as they are then.
func (s *Session) Bulk(
	ctx context.Context, action Action, keys []*api.Key, progress func(done, total int),
) BulkResult {
	return eachKey(ctx, keys, progress, func(ctx context.Context, key api.Key) (Undo, error) {
		return action.Undo(key), s.Do(ctx, action, key, false)
	})
}

// BulkChange changes fields of several keys, as Bulk carries out an action. Change says what of each; nothing is done
// to a key for which it says so.
func (s *Session) BulkChange(
	ctx context.Context, change BulkChange, keys []*api.Key, progress func(done, total int),
) BulkResult {
	return eachKey(ctx, keys, progress, func(ctx context.Context, key api.Key) (Undo, error) {
		u, needed := change(key)
		if u.Labels != nil { // which are sent as a whole: those that others gave the key since are among them
			now, err := s.Key(ctx, key.ID)
			if err != nil {
				return Undo{}, err
			}
			key = *now
			u, needed = change(key)
		}
		if !needed {
			return Undo{}, nil
		}
		return UndoOf(key, u), s.Update(ctx, key, u, false)
	})
}

// BulkChange is what is to be changed of a key; false = nothing.
type BulkChange func(api.Key) (api.UpdateKey, bool)

// SetLifetime has keys end after a lifetime from now on, also those that would have ended later.
func SetLifetime(l Lifetime) BulkChange {
	in, at := l.Value()
	return func(api.Key) (api.UpdateKey, bool) { return api.UpdateKey{ExpiresIn: in, ExpiresAt: at}, true }
}

// SetOwner names who answers for keys.
func SetOwner(owner string) BulkChange {
	return func(k api.Key) (api.UpdateKey, bool) { return api.UpdateKey{Owner: &owner}, k.Owner != owner }
}

// SetRole gives keys a role.
func SetRole(role string) BulkChange {
	return func(k api.Key) (api.UpdateKey, bool) { return api.UpdateKey{Role: &role}, k.Role.String() != role }
}

// SetPool moves keys to a pool; empty = to none.
func SetPool(pool string) BulkChange {
	return func(k api.Key) (api.UpdateKey, bool) { return api.UpdateKey{Pool: &pool}, k.Pool != pool }
}

// AddLabels gives keys labels. One of the same name gets the new value.
func AddLabels(labels map[string]string) BulkChange {
	return func(k api.Key) (api.UpdateKey, bool) {
		all := maps.Clone(k.Labels)
		if all == nil {
			all = map[string]string{}
		}
		maps.Copy(all, labels)
		return api.UpdateKey{Labels: &all}, !maps.Equal(all, k.Labels)
	}
}

// RemoveLabel takes a label from keys, whatever its value is.
func RemoveLabel(name string) BulkChange {
	return func(k api.Key) (api.UpdateKey, bool) {
		rest := maps.Clone(k.Labels)
		delete(rest, name)
		return api.UpdateKey{Labels: &rest}, len(rest) != len(k.Labels)
	}
}

// eachKey does something to several keys, and takes those out of their slice that it was done to.
func eachKey(
	ctx context.Context, keys []*api.Key, progress func(done, total int),
	do func(context.Context, api.Key) (Undo, error),
) BulkResult {
	key := func(i int) *api.Key { return keys[i] }
	return each(ctx, len(keys), key, progress, func(ctx context.Context, i int) (Undo, error) {
		undo, err := do(ctx, *keys[i])
		if err == nil {
			keys[i] = nil
		}
		return undo, err
	})
}

// each does something to n keys, one after another. Do returns what takes that back, and key the one at a place.
func each(
	ctx context.Context, n int, key func(int) *api.Key, progress func(done, total int),
	do func(context.Context, int) (Undo, error),
) BulkResult {
	var result BulkResult
	progress(0, n)
	for i := range n {
		if ctx.Err() != nil {
			result.Skipped = n - i
			break
		}
		undo, err := do(context.WithoutCancel(ctx), i)
		if err == nil {
			result.Done++
			result.Undo.add(undo)
		} else {
			result.Failed = append(result.Failed, Failure{key(i), err})
		}
		progress(i+1, n)
		if kind := Explain(err); kind != nil && (kind.Kind == KindCredentials || kind.Kind == KindRole) {
			result.Skipped = n - i - 1
			break
		}
	}
	return result
}
