package verify

import (
	"slices"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// maxForeignToken is the length of the longest token of another system that
// is looked at, in bytes.
const maxForeignToken = 4096

// verifyForeign decides about a token that is none of ours. It may be one of
// another system from which its key was taken over.
func (v *Verifier) verifyForeign(q *Question) Decision {
	unknown := Decision{Code: apikey.CodeInvalidToken, Reason: ReasonUnknown}
	keys := v.replica.foreign.Load()
	if keys.empty() || len(q.Token) > maxForeignToken {
		return unknown
	}
	now := v.now()
	if reason := v.replica.unfit(now); reason != "" {
		return Decision{Code: apikey.CodeUnavailable, Reason: reason}
	}
	id, found := v.findForeign(keys, q.Token)
	if !found {
		var d Decision
		if id, d = v.recognize(keys, q); d.Code != apikey.CodeValid {
			return d
		}
	}
	e := v.replica.find(id)
	if e == nil || q.OrgID != 0 && e.orgID != q.OrgID {
		return unknown
	}
	return e.decide(q, now)
}

// findForeign looks for a token that was seen before, under every pepper.
func (v *Verifier) findForeign(keys *foreignIndex, token string) (id apikey.ID, found bool) {
	for _, pepper := range slices.Backward(v.peppers.All()) { // the current one first
		if id, found = keys.find(pepper.Digest(token)); found {
			return id, true
		}
	}
	return id, false
}

// recognize looks for a token that was not seen before, by the slow hashes of
// those keys that it may be of. The code is CodeValid if it is one of them.
//
// Others must not learn which of them there are. So a token that may be of
// none is checked against some other's hashes, as long as there are any.
func (v *Verifier) recognize(keys *foreignIndex, q *Question) (apikey.ID, Decision) {
	unknown := Decision{Code: apikey.CodeInvalidToken, Reason: ReasonUnknown}
	pepper := v.peppers.Current()
	digest := pepper.Digest(q.Token)
	if !keys.maybePending(digest) {
		return apikey.ID{}, unknown
	}
	handle, match, ok := v.replica.opts.Foreign.Parse(q.Token)
	if !ok {
		return apikey.ID{}, unknown
	}
	candidates, asOf := keys.candidates(handle)
	within := q.Brake.take(q.Addr)
	found, code := v.checks.do(digest, q.Addr, !within, func() candidate {
		if i := match(keys.hashes(handle, candidates)); i >= 0 && len(candidates) > 0 {
			return candidates[i%len(candidates)] // whose hashes come again and again where others are more
		}
		return candidate{}
	})
	unknown.counted = within
	switch {
	case code == apikey.CodeUnavailable:
		return apikey.ID{}, Decision{Code: code, Reason: reasonSlowBusy}
	case code != apikey.CodeValid:
		return apikey.ID{}, unknown
	case found == candidate{}:
		keys.remember(digest, asOf)
		return apikey.ID{}, unknown
	}
	if within {
		q.Brake.giveBack(q.Addr)
	}
	if keys.learn(found, digest) {
		v.adoptions.add(apikey.Adoption{
			OrgID: found.orgID, KeyID: found.keyID, TokenID: found.id, Hash: found.hash, Digest: digest,
			PepperID: pepper.ID(),
		})
	}
	return found.id, Decision{Code: apikey.CodeValid}
}

// hashes returns what a token with a handle is checked against: the hashes of
// the candidates, or else those of another handle, and as many of them as any
// handle of the same kind has.
func (x *foreignIndex) hashes(handle string, candidates []candidate) (hashes []string) {
	kind, most := x.kind(handle), len(candidates)
	x.mu.RLock()
	defer x.mu.RUnlock()
	var others []apikey.ID // of any handle: the order of a map is another each time
	for other, ids := range x.pending {
		if x.kind(other) == kind {
			others, most = ids, max(most, len(ids))
		}
	}
	for _, c := range candidates {
		hashes = append(hashes, c.hash)
	}
	if len(hashes) == 0 {
		for _, id := range others {
			hashes = append(hashes, x.tokens[id].hash)
		}
	}
	for i := 0; 0 < len(hashes) && len(hashes) < most; i++ {
		hashes = append(hashes, hashes[i])
	}
	return hashes
}
