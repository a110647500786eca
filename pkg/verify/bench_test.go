package verify_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// BenchmarkVerify compares a decision among a million keys with the least that
// it takes, a digest and a look-up. Both take turns in short stretches, of
// which the fastest count: the machine may have other things to do.
func BenchmarkVerify(b *testing.B) {
	tokens, v, digests := million(b)
	secret := pepper.Secret()
	mac := hmac.New(sha256.New, secret[:])
	var sum [sha256.Size]byte
	decide := func(token string) bool {
		return v.Verify(verify.Question{Token: token, Permission: apikey.PermissionRead}).Valid()
	}
	least := func(token string) bool {
		mac.Reset()
		mac.Write([]byte(token))
		mac.Sum(sum[:0])
		return *digests[apikey.ID([]byte(token[4:16]))] == sum
	}
	next := 0
	stretch := func(judge func(string) bool) time.Duration {
		const n = 2000
		began := time.Now()
		for range n {
			next += 7919
			if !judge(tokens[next%len(tokens)]) {
				b.Fatal("a good key was denied")
			}
		}
		return time.Since(began) / n
	}
	ours, theirs := time.Hour, time.Hour
	for b.Loop() {
		ours, theirs = min(ours, stretch(decide)), min(theirs, stretch(least))
	}
	b.ReportMetric(float64(ours), "decision-ns")
	b.ReportMetric(float64(theirs), "yardstick-ns")
	b.ReportMetric(float64(ours)/float64(theirs), "ratio")
	b.ReportMetric(0, "ns/op")
}

func million(b *testing.B) (tokens []string, v *verify.Verifier, digests map[apikey.ID]*apikey.Digest) {
	b.Helper()
	f := newMemoryFeed()
	digests = map[apikey.ID]*apikey.Digest{}
	for i := range 1_000_000 {
		token, rec := key(func(r *apikey.Record) { r.Role = apikey.RoleViewer })
		f.put(rec)
		digests[rec.ID] = &rec.Tokens[0].Digest
		if i%100 == 0 {
			tokens = append(tokens, token)
		}
	}
	v, r := loaded(b, f, verify.ReplicaOptions{})
	require.Equal(b, 1_000_000, r.Len())
	return tokens, v, digests
}
