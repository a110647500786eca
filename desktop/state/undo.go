package state

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
)

// Undo takes an act back: it puts back what that changed of each key, and leaves alone what others changed meanwhile.
// The empty one is that of what is final.
type Undo struct{ steps []undoStep }

// undoStep is what is put back of one key.
type undoStep struct {
	id, name   string
	made, back *api.UpdateKey // what the act changed, and what was there; each shared by the steps that have the same
	at         int64          // when it was done, in seconds since 1970
}

// Undo is what takes an action on a key back.
func (a Action) Undo(k api.Key) Undo { return UndoOf(k, a.update()) }

// UndoOf is what takes a change of a key back.
func UndoOf(k api.Key, u api.UpdateKey) Undo {
	now := time.Now()
	back := before(k, u, now)
	if back == (api.UpdateKey{}) {
		return Undo{}
	}
	return Undo{[]undoStep{{id: k.ID, name: k.Name, made: &u, back: &back, at: now.Unix()}}}
}

// add has it take back another act as well. What is put back is often what was put back before, and held once then: of
// a hundred thousand keys that were enabled, that.
func (u *Undo) add(other Undo) {
	for _, step := range other.steps {
		if n := len(u.steps); n > 0 {
			before := u.steps[n-1]
			if reflect.DeepEqual(step.back, before.back) {
				step.back = before.back
			}
			if reflect.DeepEqual(step.made, before.made) {
				step.made = before.made
			}
		}
		u.steps = append(u.steps, step)
	}
}

// before holds the fields of a change as the key had them before it.
func before(k api.Key, u api.UpdateKey, now time.Time) (back api.UpdateKey) {
	putBack(&back.Name, u.Name, k.Name)
	putBack(&back.Description, u.Description, k.Description)
	putBack(&back.Owner, u.Owner, k.Owner)
	putBack(&back.Role, u.Role, k.Role.String())
	putBack(&back.Pool, u.Pool, k.Pool)
	putBack(&back.Limits, u.Limits, k.Limits)
	putBack(&back.Endpoints, u.Endpoints, list(k.Endpoints))
	putBack(&back.AllowedCIDRs, u.AllowedCIDRs, list(k.AllowedCIDRs))
	putBack(&back.Tenants, u.Tenants, list(k.Tenants))
	labels := map[string]string{}
	maps.Copy(labels, k.Labels)
	putBack(&back.Labels, u.Labels, labels)
	putBack(&back.Enabled, u.Enabled, k.Enabled)
	if u.Enabled != nil && !k.Enabled && k.DisabledUntil != nil {
		back.DisabledFor = api.SpanOf(max(k.DisabledUntil.Sub(now).Round(time.Second), time.Second))
	}
	if u.ExpiresIn != "" || u.ExpiresAt != "" {
		back.ExpiresAt = end(k)
	}
	return back
}

func putBack[T any](to **T, changed *T, was T) {
	if changed != nil {
		*to = &was
	}
}

// list is a list that is there, also if it is empty: none would change nothing.
func list(l []string) []string { return append([]string{}, l...) }

// end is when a key ends.
func end(k api.Key) api.Expiry {
	if k.ExpiresAt == nil {
		return api.Never
	}
	return api.ExpiryOf(*k.ExpiresAt)
}

// Keys is how many keys it changes.
func (u Undo) Keys() int { return len(u.steps) }

// Name is that of the key, if it is one alone.
func (u Undo) Name() string {
	if len(u.steps) != 1 {
		return ""
	}
	return u.steps[0].name
}

// TakeBack takes an act back, as Bulk carries out an action. The result names the fields that stay as others made them.
func (s *Session) TakeBack(ctx context.Context, u Undo, progress func(done, total int)) BulkResult {
	key := func(i int) *api.Key { return &api.Key{ID: u.steps[i].id, Name: u.steps[i].name} }
	var all []string
	result := each(ctx, len(u.steps), key, progress, func(ctx context.Context, i int) (Undo, error) {
		back, left, err := s.puttingBack(ctx, u.steps[i])
		if err != nil {
			return Undo{}, err
		}
		all = append(all, left...)
		if back == (api.UpdateKey{}) {
			return Undo{}, nil
		}
		return Undo{}, s.Update(ctx, *key(i), back, false)
	})
	slices.Sort(all)
	result.Left = slices.Compact(all)
	return result
}

// puttingBack is what is put back of a key, and the names of the fields that others have changed since, which stay.
// Whether a key is disabled is put back in any case: it has only two states, and it is done to thousands of keys.
func (s *Session) puttingBack(ctx context.Context, step undoStep) (back api.UpdateKey, left []string, err error) {
	if onlySwitches(*step.made) {
		return *step.back, nil, nil
	}
	now, err := s.Key(ctx, step.id)
	if err != nil {
		return back, nil, err
	}
	back, left = untouched(now, step)
	return back, left, nil
}

func onlySwitches(u api.UpdateKey) bool {
	u.Enabled, u.DisabledFor = nil, ""
	return u == (api.UpdateKey{})
}

// untouched are the fields to put back that are as the act made them, and the names of the others. Labels are put back
// one by one.
func untouched(now *api.Key, step undoStep) (back api.UpdateKey, left []string) {
	from, made, to := reflect.ValueOf(*step.back), reflect.ValueOf(*step.made), reflect.ValueOf(&back).Elem()
	for field, is := range from.Fields() {
		if is.IsZero() || field.Name == "DisabledFor" {
			continue
		}
		var one api.UpdateKey // with this field alone, as the act made it
		reflect.ValueOf(&one).Elem().FieldByIndex(field.Index).Set(made.FieldByIndex(field.Index))
		one.ExpiresIn = step.made.ExpiresIn
		if field.Name != "ExpiresAt" {
			one.ExpiresIn = ""
		}
		if field.Name != "Labels" && updated(now, one, time.Unix(step.at, 0)) {
			to.FieldByIndex(field.Index).Set(is)
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		left = append(left, name)
	}
	if back.Enabled != nil {
		back.DisabledFor = step.back.DisabledFor
	}
	if was := step.back.Labels; was != nil {
		labels := labelsPutBack(now.Labels, *was, *step.made.Labels)
		back.Labels = &labels
		if maps.Equal(labels, withLabels(labels, differing(*was, *step.made.Labels), *was)) {
			left = slices.DeleteFunc(left, func(name string) bool { return name == "labels" })
		}
	}
	return back, left
}

// labelsPutBack are the labels of a key as they are now, with what a change made of others taken back. Those that
// somebody has changed since stay as they are.
func labelsPutBack(now, before, after map[string]string) map[string]string {
	names := slices.DeleteFunc(differing(before, after), func(name string) bool { return !alike(now, after, name) })
	return withLabels(now, names, before)
}

// labelsChanged are the labels of a key as they are now, with a change made to them that was made to others. Those that
// somebody else has changed since stay as they are, but for those that both changed.
func labelsChanged(now, before, after map[string]string) map[string]string {
	return withLabels(now, differing(before, after), after)
}

// differing names the labels that differ in two sets of them.
func differing(a, b map[string]string) (names []string) {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, b)
	for name := range all {
		if !alike(a, b, name) {
			names = append(names, name)
		}
	}
	return names
}

// alike reports whether two sets have the same label by a name, or none.
func alike(a, b map[string]string, name string) bool {
	was, had := a[name]
	is, has := b[name]
	return had == has && was == is
}

// withLabels are labels with those of some names as they are in others, or without them.
func withLabels(labels map[string]string, names []string, others map[string]string) map[string]string {
	all := map[string]string{}
	maps.Copy(all, labels)
	for _, name := range names {
		if value, has := others[name]; has {
			all[name] = value
		} else {
			delete(all, name)
		}
	}
	return all
}
