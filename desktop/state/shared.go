package state

import (
	"reflect"
	"slices"
	"strings"
	"time"
	"unique"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// sharing lets keys hold in common what is equal in them: who made them and may do what to them, their labels, and what
// their tokens repeat. A list of a hundred thousand takes half of the memory so.
type sharing struct {
	labels shared[map[string]string] // by their texts
	lists  shared[[]string]          // by their lines
}

// sharedMost is how many different labels, and how many lists, are known to be shared at once.
const sharedMost = 4096

// among lets keys hold in common what is equal in them, and in those before them.
func (s *sharing) among(keys []api.Key) {
	for i := range keys {
		s.in(&keys[i])
	}
}

// in lets a key hold in common what is equal in those before it, and in itself.
func (s *sharing) in(k *api.Key) {
	for _, text := range []*string{&k.Owner, &k.Pool, &k.CreatedBy, &k.LastUsedFrom} {
		*text = unique.Make(*text).Value()
	}
	k.State = unique.Make(k.State).Value()
	for _, list := range []*[]string{&k.Actions, &k.Endpoints, &k.AllowedCIDRs, &k.Tenants} {
		*list = s.list(*list)
	}
	if len(k.Labels) > 0 {
		k.Labels = s.labels.of(strings.Join(apikey.LabelTexts(k.Labels), "\n"), k.Labels)
	}
	for n := range k.Tokens {
		shareToken(&k.Tokens[n], k)
	}
}

func (s *sharing) list(list []string) []string {
	if len(list) == 0 {
		return list
	}
	return s.lists.of(strings.Join(list, "\n"), slices.Clip(list))
}

// shared are values that are kept once, by what they are.
type shared[T any] map[string]T

// of returns what is there by a name, from now on this if nothing was.
func (s *shared[T]) of(name string, this T) T {
	if before, is := (*s)[name]; is {
		return before
	}
	if *s == nil || len(*s) >= sharedMost {
		*s = map[string]T{}
	}
	(*s)[name] = this
	return this
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

func sharedText(text, of string) string {
	if text == of {
		return of
	}
	return text
}

func sharedTime(t, of *time.Time) *time.Time {
	if t != nil && of != nil && t.Equal(*of) {
		return of
	}
	return t
}

// apart are keys each by itself, so that one of a page is not in memory for as long as another one is.
func apart(page []api.Key) []*api.Key { return appendKept(nil, page, nil) }

// appendKept appends keys that were read again to those before them, and in place of those that have not changed the
// ones that were read before.
func appendKept(keys []*api.Key, page []api.Key, before []*api.Key) []*api.Key {
	for i := range page {
		if at := len(keys); at < len(before) && reflect.DeepEqual(page[i], *before[at]) {
			keys = append(keys, before[at])
			continue
		}
		k := page[i]
		keys = append(keys, &k)
	}
	return keys
}

// with lets a changed key hold in common what is equal in it and in what it was.
func (s *sharing) with(k, was *api.Key) {
	s.in(k)
	k.ID, k.Name, k.Description = was.ID, sharedText(k.Name, was.Name), sharedText(k.Description, was.Description)
	k.Hint = sharedText(k.Hint, was.Hint)
	k.ExpiresAt, k.LastUsedAt = sharedTime(k.ExpiresAt, was.ExpiresAt), sharedTime(k.LastUsedAt, was.LastUsedAt)
	if reflect.DeepEqual(k.Tokens, was.Tokens) {
		k.Tokens = was.Tokens
	}
}
