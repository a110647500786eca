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
	session      *Session
	shown, known api.Key // as the form shows it, and as its user knows it
}

// Editing begins a change of a key as a form shows it.
func (s *Session) Editing(shown api.Key) *Editing {
	return &Editing{session: s, shown: shown, known: shown}
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
	fields := overtaken(e.known, *now, u)
	e.known = *now
	if len(fields) > 0 {
		return &Problem{Kind: KindMeanwhile, Detail: strings.Join(fields, ", "), Err: errMeanwhile}
	}
	if u.Labels != nil {
		labels := labelsChanged(now.Labels, e.shown.Labels, *u.Labels)
		u.Labels = &labels
	}
	return e.session.Update(ctx, e.shown, u, force)
}

// overtaken are the fields of a change, but for labels, that are not the same in two states of a key, nor what the
// change makes of them.
func overtaken(known, now api.Key, u api.UpdateKey) (names []string) {
	u.Labels = nil
	at := time.Now()
	was, is, wanted := fieldsOf(before(known, u, at)), fieldsOf(before(now, u, at)), fieldsOf(u)
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if !reflect.DeepEqual(was[name], is[name]) && !reflect.DeepEqual(is[name], wanted[name]) {
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
