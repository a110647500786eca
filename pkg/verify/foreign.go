package verify

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// foreignIndex finds the tokens that were taken over from other systems, which
// hold no id of ours. Most replicas have none.
//
// A token is pending until it was seen for the first time: until then only the
// handle that it reveals leads to it, and a slow hash decides whether it is right.
// From then on its digest leads to it.
type foreignIndex struct {
	handles func(*apikey.Origin) []string
	kind    func(handle string) string
	size    atomic.Int64 // tokens; so that a replica without any is asked in no time

	mu      sync.RWMutex
	tokens  map[apikey.ID]foreignToken
	ofKeys  map[apikey.ID][]apikey.ID   // which tokens a key has
	digests map[apikey.Digest]apikey.ID // of tokens that are known
	pending map[string][]apikey.ID      // by handle

	// Digests of tokens that are known to be wrong, so that a client with one
	// that asks again and again costs one check and takes no turns from others.
	wrong map[apikey.Digest]struct{}
	taken int // pending tokens that came so far: what is wrong is so for those
}

// maxWrong is how many wrong tokens are remembered.
const maxWrong = 4096

// candidate is a pending token that what was sent may be.
type candidate struct {
	id    apikey.ID
	keyID apikey.ID
	orgID int64
	hash  string
}

// foreignToken is what is kept of one.
type foreignToken struct {
	keyID   apikey.ID
	orgID   int64
	hash    string        // empty = it is known
	handles []string      // under which it is pending, or was
	digest  apikey.Digest // that leads to it, once it is known
}

// newForeignIndex returns an empty index; nil, which holds nothing, if tokens
// of other systems cannot be read.
func newForeignIndex(f *Foreign) *foreignIndex {
	if f == nil {
		return nil
	}
	return &foreignIndex{
		handles: f.Handles, kind: f.Kind, tokens: map[apikey.ID]foreignToken{}, ofKeys: map[apikey.ID][]apikey.ID{},
		digests: map[apikey.Digest]apikey.ID{}, pending: map[string][]apikey.ID{}, wrong: map[apikey.Digest]struct{}{},
	}
}

// add takes in those of the records that have other systems' tokens, which are
// few and new.
func (x *foreignIndex) add(records []apikey.Record, peppers *apikey.Peppers) {
	if x == nil {
		return
	}
	for i := range records {
		if isForeign(&records[i]) && peppers.Trust(&records[i]) == apikey.Genuine {
			x.put(&records[i])
		}
	}
}

func isForeign(rec *apikey.Record) bool {
	for i := range rec.Tokens {
		if rec.Tokens[i].Origin != nil {
			return true
		}
	}
	return false
}

// apply follows a change of the feed. What is not in the scope, or not to be
// trusted, is as good as deleted.
func (x *foreignIndex) apply(c *apikey.Change, scope apikey.Scope, peppers *apikey.Peppers) {
	switch {
	case x == nil:
	case !c.Deleted && isForeign(&c.Record) && scope.Holds(&c.Record) && peppers.Trust(&c.Record) == apikey.Genuine:
		x.put(&c.Record)
	case !x.empty():
		x.remove(c.Record.ID)
	}
}

func (x *foreignIndex) put(rec *apikey.Record) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.forget(rec.ID)
	for i := range rec.Tokens {
		if rec.Tokens[i].Origin != nil {
			x.putToken(rec, &rec.Tokens[i])
		}
	}
	x.size.Store(int64(len(x.tokens)))
}

func (x *foreignIndex) putToken(rec *apikey.Record, token *apikey.TokenRecord) {
	t := foreignToken{keyID: rec.ID, orgID: rec.OrgID, hash: token.Origin.Hash, handles: x.handles(token.Origin)}
	if t.hash == "" {
		t.digest = token.Digest
		x.digests[t.digest] = token.ID
	} else {
		x.taken++
		clear(x.wrong) // one of them may be this one
		for _, handle := range t.handles {
			x.pending[handle] = append(x.pending[handle], token.ID)
		}
	}
	x.tokens[token.ID] = t
	x.ofKeys[rec.ID] = append(x.ofKeys[rec.ID], token.ID)
}

func (x *foreignIndex) remove(keyID apikey.ID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.forget(keyID)
	x.size.Store(int64(len(x.tokens)))
}

// forget removes all that leads to a key's tokens. The caller holds mu.
func (x *foreignIndex) forget(keyID apikey.ID) {
	for _, id := range x.ofKeys[keyID] {
		t := x.tokens[id]
		delete(x.tokens, id)
		for _, handle := range t.handles {
			x.pending[handle] = slices.DeleteFunc(x.pending[handle], func(other apikey.ID) bool { return other == id })
			if len(x.pending[handle]) == 0 {
				delete(x.pending, handle)
			}
		}
		if x.digests[t.digest] == id {
			delete(x.digests, t.digest)
		}
	}
	delete(x.ofKeys, keyID)
}

// empty reports whether there is no such token.
func (x *foreignIndex) empty() bool { return x == nil || x.size.Load() == 0 }

// find returns the token that has a digest.
func (x *foreignIndex) find(d apikey.Digest) (id apikey.ID, ok bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	id, ok = x.digests[d]
	return id, ok
}

// maybePending reports whether what has a digest may be a token that was not seen
// yet.
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

// candidates returns the pending tokens under a handle, as of now.
func (x *foreignIndex) candidates(handle string) (list []candidate, asOf int) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for _, id := range x.pending[handle] {
		t := x.tokens[id]
		list = append(list, candidate{id, t.keyID, t.orgID, t.hash})
	}
	return list, x.taken
}

// learn notes the digest of a pending token, before the store knows it, and
// reports whether it was not noted yet. The token stays pending until the
// store's feed says otherwise.
func (x *foreignIndex) learn(c candidate, d apikey.Digest) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	t, there := x.tokens[c.id]
	if _, known := x.digests[d]; known || !there || t.hash != c.hash {
		return false
	}
	t.digest = d
	x.tokens[c.id], x.digests[d] = t, c.id
	return true
}
