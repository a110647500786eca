package apikey

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// keyEntries are the numbers of the newest entries about keys that were not deleted.
type keyEntries map[ID]int64

// note takes what an entry says of its key.
func (k keyEntries) note(e *AuditEntry) {
	var id ID
	if len(e.KeyID) != len(id) {
		return
	}
	copy(id[:], e.KeyID)
	switch {
	case e.Action == ActionDelete:
		delete(k, id)
	case e.Action == ActionCreate, e.Action == ActionImport, slices.Contains(ChangingActions(), e.Action):
		k[id] = e.ID
	}
}

// addMissingRows adds the keys and settings that the trail knows and the store does not have, each at the newest entry
// about it. Servers may be writing meanwhile.
func (c *TrailCheck) addMissingRows(ctx context.Context, store Store, known keyEntries, last int64) error {
	var mu sync.Mutex
	_, err := store.Load(ctx, Scope{}, func(records []Record) {
		mu.Lock()
		defer mu.Unlock()
		for i := range records {
			delete(known, records[i].ID)
			for _, token := range records[i].Tokens { // each was a key of its own in older stores
				delete(known, token.ID)
			}
		}
	})
	if err != nil {
		return err
	}
	numbers := slices.Collect(maps.Values(known))
	if len(known) > 0 {
		if err := known.read(ctx, store, last); err != nil { // what was deleted meanwhile
			return err
		}
		numbers = slices.Collect(maps.Values(known))
	}
	settings, _, err := store.Settings(ctx, "")
	if err != nil {
		return err
	}
	for i := range settings {
		if settings[i].Gone && !settings[i].Removed {
			numbers = append(numbers, settings[i].Known.Entry)
		}
	}
	slices.Sort(numbers)
	for _, number := range numbers {
		if err := c.addMissingRow(ctx, store, number); err != nil {
			return err
		}
	}
	return nil
}

// read notes the entries behind one.
func (k keyEntries) read(ctx context.Context, store Store, last int64) error {
	for {
		entries, err := store.Trail(ctx, last, chainStep)
		if err != nil {
			return err
		}
		for i := range entries {
			k.note(&entries[i].AuditEntry)
			last = entries[i].ID
		}
		if len(entries) < chainStep {
			return nil
		}
	}
}

func (c *TrailCheck) addMissingRow(ctx context.Context, store Store, number int64) error {
	f := TrailFault{Kind: TrailRowless, Number: number, Detail: "is about a key that is not in the store any more"}
	if len(c.Faults) < MaxTrailFaults {
		e, err := TrailEntryAt(ctx, store, number)
		if err != nil {
			return err
		}
		if e != nil {
			f.Entry = e.AuditEntry
		}
	}
	switch f.Entry.Action {
	case ActionUpdatePolicy:
		f.Detail = "is about a policy that is not in the store any more"
	case ActionCreateEndpoint, ActionUpdateEndpoint:
		f.Detail = "is about the endpoint " + f.Entry.Endpoint + ", which is not in the store any more"
	}
	f.Detail += ": it was removed by something else than Ostiary"
	c.add(f)
	return nil
}
