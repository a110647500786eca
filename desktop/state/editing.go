package state

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
)

// Editing is a change that is made in a form, beside those that others make while it is open.
type Editing struct {
	session    *Session
	shown, now api.Key // as the form shows it, and as it was just before it was saved
	told       told
}

// Editing begins a change of a key as a form shows it.
func (s *Session) Editing(shown api.Key) *Editing {
	return &Editing{session: s, shown: shown, now: shown, told: told{}}
}

// errMeanwhile is the error of a change that others were faster with.
var errMeanwhile = errors.New("somebody else changed it meanwhile")

// Save changes the fields. Labels are merged with those that others gave the key meanwhile. Other fields are sent as a
// whole: where somebody else changed one, it fails once with KindMeanwhile, whose detail names those fields, since it
// would put back what they took away.
func (e *Editing) Save(ctx context.Context, u api.UpdateKey, force bool) error {
	now, err := e.session.Key(ctx, e.shown.ID)
	if err != nil {
		return err
	}
	e.now = *now
	if fields := e.told.overtaken(e.shown, *now, u); len(fields) > 0 {
		return e.told.problem(fields)
	}
	if u.Labels != nil {
		labels := labelsChanged(now.Labels, e.shown.Labels, *u.Labels)
		u.Labels = &labels
	}
	return e.session.Update(ctx, e.shown, u, force)
}

// Undo is what takes the change back that was saved: to what was there just before, whoever made it so.
func (e *Editing) Undo(u api.UpdateKey) Undo {
	before := e.now
	before.Labels = e.shown.Labels // of which each is put back by itself
	return UndoOf(before, u)
}

// told are fields that somebody else changed, with the values that whoever saves was told of.
type told map[string]any

// problem says that somebody else changed fields, and what they hold now.
func (t told) problem(names []string) *Problem {
	is := map[string]any{}
	for _, name := range names {
		is[name] = t[name]
	}
	text, _ := json.Marshal(is) // texts, numbers, and lists and tables of them
	_ = json.Unmarshal(text, &is)
	return &Problem{Kind: KindMeanwhile, Detail: strings.Join(names, ", "), Is: is, Err: errMeanwhile}
}

// overtaken are the fields of a change, but for labels, that are not as they were shown, nor as the change makes them,
// and that its user was not told of.
func (t told) overtaken(shown, now api.Key, u api.UpdateKey) (names []string) {
	u.Labels = nil
	at := time.Now()
	return t.add(fieldsOf(before(shown, u, at)), fieldsOf(before(now, u, at)), fieldsOf(u))
}

// add notes the fields of which that is so, and returns their names.
func (t told) add(shown, now, wanted map[string]any) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(shown)) {
		if reflect.DeepEqual(shown[name], now[name]) || reflect.DeepEqual(now[name], wanted[name]) {
			continue
		}
		if value, isTold := t[name]; !isTold || !reflect.DeepEqual(value, now[name]) {
			t[name] = now[name]
			names = append(names, name)
		}
	}
	return names
}

// fieldsOf are the fields of a change by their names in the API.
func fieldsOf(u api.UpdateKey) (fields map[string]any) {
	text, _ := json.Marshal(u) // texts, numbers and lists of them
	_ = json.Unmarshal(text, &fields)
	return fields
}
