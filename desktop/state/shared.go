package state

import (
	"maps"
	"reflect"
	"slices"
	"time"
	"unique"

	"github.com/ostiary/ostiary/pkg/api"
)

// share lets keys hold in common what is equal in them: who made them and may do what to them, and what their tokens
// repeat. A list of a hundred thousand takes half of the memory so.
func share(keys []api.Key) {
	var before api.Key
	for i := range keys {
		k := &keys[i]
		shareTexts(k)
		k.Actions = sharedList(k.Actions, before.Actions)
		k.Endpoints = sharedList(k.Endpoints, before.Endpoints)
		k.AllowedCIDRs = sharedList(k.AllowedCIDRs, before.AllowedCIDRs)
		k.Tenants = sharedList(k.Tenants, before.Tenants)
		if before.Labels != nil && k.Labels != nil && maps.Equal(k.Labels, before.Labels) {
			k.Labels = before.Labels
		}
		for n := range k.Tokens {
			shareToken(&k.Tokens[n], k)
		}
		before = *k
	}
}

func shareTexts(k *api.Key) {
	for _, text := range []*string{&k.Owner, &k.Pool, &k.CreatedBy, &k.LastUsedFrom} {
		*text = unique.Make(*text).Value()
	}
	k.State = unique.Make(k.State).Value()
}

// sharedList is a list, or the one before if that is equal.
func sharedList(list, before []string) []string {
	if before != nil && list != nil && slices.Equal(list, before) {
		return before
	}
	for i := range list {
		list[i] = unique.Make(list[i]).Value()
	}
	return slices.Clip(list)
}

func shareToken(t *api.Token, k *api.Key) {
	if t.ID == k.ID {
		t.ID = k.ID
	}
	if t.Hint == k.Hint {
		t.Hint = k.Hint
	}
	t.CreatedBy, t.State = unique.Make(t.CreatedBy).Value(), unique.Make(t.State).Value()
	t.ExpiresAt, t.LastUsedAt = sharedTime(t.ExpiresAt, k.ExpiresAt), sharedTime(t.LastUsedAt, k.LastUsedAt)
}

func sharedTime(t, of *time.Time) *time.Time {
	if t != nil && of != nil && t.Equal(*of) {
		return of
	}
	return t
}

// keepEqual puts keys that were read before in place of equal ones that were read again, which begin at a place of
// the list.
func keepEqual(again, before []api.Key, at int) {
	for i := range again {
		if at+i < len(before) && reflect.DeepEqual(again[i], before[at+i]) {
			again[i] = before[at+i]
		}
	}
}
