package storetest

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// bulk is a store that has a faster way to insert very many keys.
type bulk interface {
	Bulk(ctx context.Context, keys iter.Seq[*apikey.Key]) error
}

// bulkFrom is from how many keys on Fill takes that way.
const bulkFrom = 10_000

// Fill adds n keys to organization 1 in one transaction, as a large
// installation might have them. Each may change the i-th key before it is
// stored; it may be nil. The same n gives the same keys but for their ids and
// digests, which are random.
func Fill(ctx context.Context, store apikey.Store, n int, each func(i int, k *apikey.Key)) error {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	keys := func(yield func(*apikey.Key) bool) {
		for i := range n {
			k := fillKey(random, i, start)
			if each != nil {
				each(i, k)
			}
			if !yield(k) {
				return
			}
		}
	}
	if b, ok := store.(bulk); ok && n >= bulkFrom {
		return b.Bulk(ctx, keys)
	}
	return store.Write(ctx, func(tx apikey.Tx) error {
		for k := range keys {
			if err := tx.Insert(ctx, k); err != nil {
				return err
			}
		}
		return nil
	})
}

var (
	fillPlaces = []string{"amsterdam", "berlin", "cairo", "dakar", "erfurt", "florence", "gdansk", "helsinki",
		"istanbul", "jakarta", "kyoto", "lisbon"}
	fillUses = []string{"edge-agent", "otel-collector", "prometheus", "pyroscope", "backup", "ci-runner",
		"dashboard-export", "node-exporter"}
	fillTexts = []string{"", "", "Sends metrics of the plant.", "Made by the installer; rotate every quarter.",
		"Used by the night batch on the reporting cluster.", "Ask the platform team before you change this key."}
)

func fillKey(random *rand.Rand, i int, start time.Time) *apikey.Key {
	t := newToken()
	created := start.Add(time.Duration(i) * 17 * time.Millisecond)
	k := &apikey.Key{
		ID: t.ID, OrgID: 1, Enabled: random.IntN(50) > 0, Tokens: []apikey.Token{t},
		Name: fmt.Sprintf("%s-%s-%06d", fillUses[random.IntN(len(fillUses))],
			fillPlaces[random.IntN(len(fillPlaces))], i),
		Description: fillTexts[random.IntN(len(fillTexts))],
		Role:        apikey.RoleAgent, CreatedAt: created, CreatedBy: "admin",
	}
	switch random.IntN(20) {
	case 0:
		k.Role = apikey.RoleViewer
	case 1:
		k.Role = apikey.RoleEditor
	case 2:
		k.Role, k.Endpoints = apikey.RoleViewer, []string{"kuma", "pyroscope"}
	case 3:
		k.AllowedCIDRs = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	}
	if i%1000 == 0 {
		k.Role = apikey.RoleAdmin
	}
	if random.IntN(4) == 0 {
		k.Pool = fillPlaces[random.IntN(len(fillPlaces))]
	}
	if random.IntN(3) > 0 {
		k.ExpiresAt = created.Add(time.Duration(30+random.IntN(700)) * 24 * time.Hour)
	}
	if random.IntN(100) == 0 {
		k.RevokedAt = created.Add(24 * time.Hour)
	}
	fillOwner(k, i)
	return k
}

// fillOwner gives a key an owner and labels, and one of eight a tenant. Of a million keys, few are Grace's, or a team's
// that is gone.
func fillOwner(k *apikey.Key, i int) {
	k.Owner = fmt.Sprintf("team-%02d@example.com", i*7919%97)
	k.Labels = map[string]string{"env": []string{"prod", "staging", "dev"}[i*31%3],
		"team": fmt.Sprintf("team-%02d", i*7919%97)}
	if i%8 == 0 {
		k.Tenants = []string{fmt.Sprintf("tenant-%04d", i/8*31%5000)}
	}
	if i%300_000 == 77 {
		k.Owner, k.Labels["team"] = "grace@example.com", "gone"
	}
}
