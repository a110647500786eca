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
	unknown := Decision{Code: CodeInvalidToken, Reason: reasonUnknown}
	keys := v.replica.foreign.Load()
	if keys.empty() || len(q.Token) > maxForeignToken {
		return unknown
	}
	now := v.now()
	if reason := v.replica.unfit(now); reason != "" {
		return Decision{Code: CodeUnavailable, Reason: reason}
	}
	id, found := v.findForeign(keys, q.Token)
	if !found {
		var code Code
		if id, code = v.recognize(keys, q.Token); code != CodeValid {
			return Decision{Code: code, Reason: slowReasons[code]}
		}
	}
	e := v.replica.find(id)
	if e == nil || q.OrgID != 0 && e.orgID != q.OrgID {
		return unknown
	}
	code, reason := e.judge(q, now)
	return Decision{Code: code, Reason: reason, Key: &e.key}
}

// slowReasons are the reasons for codes that a slow check may end with.
var slowReasons = map[Code]string{
	CodeInvalidToken: reasonUnknown,
	CodeRateLimited:  reasonSlowLimited,
	CodeUnavailable:  reasonSlowBusy,
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
func (v *Verifier) recognize(keys *foreignIndex, token string) (apikey.ID, Code) {
	pepper := v.peppers.Current()
	digest := pepper.Digest(token)
	if !keys.maybePending(digest) {
		return apikey.ID{}, CodeInvalidToken
	}
	handle, match, ok := v.replica.opts.Foreign.Parse(token)
	if !ok {
		return apikey.ID{}, CodeInvalidToken
	}
	candidates, asOf := keys.candidates(handle)
	if len(candidates) == 0 {
		return apikey.ID{}, CodeInvalidToken
	}
	hashes := make([]string, len(candidates))
	for i, c := range candidates {
		hashes[i] = c.hash
	}
	found, code := v.checks.do(digest, handle, len(candidates), func() candidate {
		if i := match(hashes); i >= 0 {
			return candidates[i]
		}
		return candidate{}
	})
	switch {
	case code != CodeValid:
		return apikey.ID{}, code
	case found == candidate{}:
		keys.remember(digest, asOf)
		return apikey.ID{}, CodeInvalidToken
	}
	if keys.learn(found, digest) {
		v.adoptions.add(found.id, adoption{orgID: found.orgID, hash: found.hash, digest: digest, pepperID: pepper.ID()})
	}
	return found.id, CodeValid
}
