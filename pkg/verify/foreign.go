package verify

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// foreignIndex finds the keys that were taken over from other systems by
// their tokens, which hold no id of ours. Most replicas have none.
//
// A key is pending until its token was seen for the first time: until then
// only the handle that the token reveals leads to it, and a slow hash tells
// whether the token is right. From then on the token's digest leads to it.
type foreignIndex struct {
	handles func(*apikey.Origin) []string
	kind    func(handle string) string
	size    atomic.Int64 // keys; so that a replica without any is asked in no time

	mu      sync.RWMutex
	keys    map[apikey.ID]foreignKey
	digests map[apikey.Digest]apikey.ID // of keys whose token is known
	pending map[string][]apikey.ID      // by handle

	// Digests of tokens that are known to be wrong, so that a client with one
	// that asks again and again costs one check and takes no turns from others.
	wrong map[apikey.Digest]struct{}
	taken int // pending keys that came so far: what is wrong is so for those
}

// maxWrong is how many wrong tokens are remembered.
const maxWrong = 4096

// candidate is a pending key that a token may be of.
type candidate struct {
	id    apikey.ID
	orgID int64
	hash  string
}

// foreignKey is what is kept of one.
type foreignKey struct {
	orgID   int64
	hash    string        // empty = its token is known
	handles []string      // under which it is pending, or was
	digest  apikey.Digest // that leads to it, once its token is known
}

// newForeignIndex returns an empty index; nil, which holds nothing, if tokens
// of other systems cannot be read.
func newForeignIndex(f *Foreign) *foreignIndex {
	if f == nil {
		return nil
	}
	return &foreignIndex{handles: f.Handles, kind: f.Kind, keys: map[apikey.ID]foreignKey{}, digests: map[apikey.Digest]apikey.ID{}, pending: map[string][]apikey.ID{}, wrong: map[apikey.Digest]struct{}{}}
}

// add takes in those of the records that are of other systems' keys, which
// are few and new.
func (x *foreignIndex) add(records []apikey.Record) {
	if x == nil {
		return
	}
	for i := range records {
		if records[i].Origin != nil {
			x.put(&records[i])
		}
	}
}

// apply follows a change of the feed. What is not in the scope is as good as
// deleted.
func (x *foreignIndex) apply(c *apikey.Change, scope apikey.Scope) {
	switch {
	case x == nil:
	case !c.Deleted && c.Record.Origin != nil && scope.Holds(&c.Record):
		x.put(&c.Record)
	case !x.empty():
		x.remove(c.Record.ID)
	}
}

func (x *foreignIndex) put(rec *apikey.Record) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.forget(rec.ID)
	k := foreignKey{orgID: rec.OrgID, hash: rec.Origin.Hash, handles: x.handles(rec.Origin)}
	if k.hash == "" {
		k.digest = rec.Digest
		x.digests[k.digest] = rec.ID
	} else {
		x.taken++
		clear(x.wrong) // one of them may be this key's
		for _, handle := range k.handles {
			x.pending[handle] = append(x.pending[handle], rec.ID)
		}
	}
	x.keys[rec.ID] = k
	x.size.Store(int64(len(x.keys)))
}

func (x *foreignIndex) remove(id apikey.ID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.forget(id)
	x.size.Store(int64(len(x.keys)))
}

// forget removes all that leads to a key. The caller holds mu.
func (x *foreignIndex) forget(id apikey.ID) {
	k, there := x.keys[id]
	if !there {
		return
	}
	delete(x.keys, id)
	for _, handle := range k.handles {
		x.pending[handle] = slices.DeleteFunc(x.pending[handle], func(other apikey.ID) bool { return other == id })
		if len(x.pending[handle]) == 0 {
			delete(x.pending, handle)
		}
	}
	if x.digests[k.digest] == id {
		delete(x.digests, k.digest)
	}
}

// empty reports whether there is no such key.
func (x *foreignIndex) empty() bool { return x == nil || x.size.Load() == 0 }

// find returns the key whose token has a digest.
func (x *foreignIndex) find(d apikey.Digest) (id apikey.ID, ok bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	id, ok = x.digests[d]
	return id, ok
}

// maybePending reports whether the token with a digest may be that of a key
// whose token was not seen yet.
func (x *foreignIndex) maybePending(d apikey.Digest) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	_, wrong := x.wrong[d]
	return !wrong && len(x.pending) > 0
}

// remember notes the digest of a token that fitted none of the candidates, as
// of when these were asked for.
func (x *foreignIndex) remember(d apikey.Digest, asOf int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.taken != asOf {
		return
	}
	if len(x.wrong) >= maxWrong {
		clear(x.wrong)
	}
	x.wrong[d] = struct{}{}
}

// candidates returns the pending keys under a handle, as of now.
func (x *foreignIndex) candidates(handle string) (list []candidate, asOf int) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for _, id := range x.pending[handle] {
		k := x.keys[id]
		list = append(list, candidate{id, k.orgID, k.hash})
	}
	return list, x.taken
}

// learn notes the digest of the token of a pending key, before the store
// knows it, and reports whether it was not noted yet. The key stays pending
// until the store's feed says otherwise.
func (x *foreignIndex) learn(c candidate, d apikey.Digest) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	k, there := x.keys[c.id]
	if _, known := x.digests[d]; known || !there || k.hash != c.hash {
		return false
	}
	k.digest = d
	x.keys[c.id], x.digests[d] = k, c.id
	return true
}
