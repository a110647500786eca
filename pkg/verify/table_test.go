package verify

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"unicode/utf8"
	"unsafe"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ostiary/ostiary/pkg/apikey"
)

func TestBucketAndEntryAreCacheLines(t *testing.T) {
	require.EqualValues(t, 64, unsafe.Sizeof(bucket{}))
	require.EqualValues(t, 64, unsafe.Offsetof(entry{}.key))
	require.EqualValues(t, 64, unsafe.Sizeof(Identity{}))
}

func TestWhatIsWideBeginsAsWhatIsNot(t *testing.T) {
	require.Zero(t, unsafe.Offsetof(wideEntry{}.entry))
	require.Zero(t, unsafe.Offsetof(wideIdentity{}.Identity))
	require.Equal(t, unsafe.Offsetof(wideEntry{}.key)+unsafe.Offsetof(wideIdentity{}.more), unsafe.Offsetof(wideEntry{}.more))
}

func TestNamesOfEveryLengthAreKept(t *testing.T) {
	peppers, err := apikey.NewPeppers(apikey.NewPepper())
	require.NoError(t, err)
	table := newTable()
	for n := range apikey.MaxNameLength*utf8.UTFMax + 1 {
		_, id := apikey.NewToken()
		name := strings.Repeat("ä", n/2) + strings.Repeat("x", n%2)
		rec := apikey.Record{ID: id, OrgID: 3, Role: apikey.RoleAgent, Name: name, Tokens: []apikey.TokenRecord{{ID: id}}}
		rec.Mark = peppers.Mark(&rec)
		table.add([]apikey.Record{rec}, peppers)
		key := &table.find(id).key
		require.Equal(t, name, key.Name())
		require.Equal(t, name, NewIdentity(id, apikey.RoleAgent, 3, name).Name())
		require.Equal(t, []any{id, int64(3), apikey.RoleAgent}, []any{key.ID, key.OrgID, key.Role})
	}
}

// An identity says what its key's record says. Keys that say the same of themselves share what they say.
func TestWhatAKeySaysOfItselfIsKept(t *testing.T) {
	peppers, err := apikey.NewPeppers(apikey.NewPepper())
	require.NoError(t, err)
	labels, tenants := map[string]string{"team": "sre"}, []string{"a", "b"}
	for _, name := range []string{"short", strings.Repeat("long", 60)} {
		table := newTable()
		var records []apikey.Record
		for i := range 3 {
			_, id := apikey.NewToken()
			rec := apikey.Record{ID: id, OrgID: 3, Name: name, Tokens: []apikey.TokenRecord{{ID: id}}}
			if i > 0 {
				rec.Owner, rec.Labels, rec.Tenants, rec.Limits = "grace", labels, tenants, apikey.Limits{Burst: 7}
			}
			rec.Mark = peppers.Mark(&rec)
			records = append(records, rec)
		}
		table.add(records, peppers)
		for i, rec := range records {
			e := table.find(rec.ID)
			require.Equal(t, rec.Owner, e.key.Owner())
			require.Equal(t, rec.Labels, e.key.Labels())
			require.Equal(t, rec.Tenants, e.key.Tenants())
			require.Equal(t, rec.Limits, e.key.Limits())
			require.Equal(t, name, e.key.Name())
			require.Equal(t, i > 0, e.traits() != nil)
		}
		require.Same(t, table.find(records[1].ID).traits(), table.find(records[2].ID).traits())
		if len(name) <= shortName {
			require.False(t, isWide(&records[0]), "what has none of it takes no more memory")
		}
	}
	require.Empty(t, NewIdentity(apikey.ID{}, apikey.RoleAgent, 1, "n").Owner())
}

// After any sequence of puts and removals, a table holds what a map would. Few parts and tags are drawn, so that
// buckets overflow.
func TestTableHoldsWhatAMapWould(t *testing.T) {
	everyone := crowd(200)
	rapid.Check(t, func(t *rapid.T) {
		crowded := everyone[:rapid.IntRange(1, len(everyone)).Draw(t, "ids")]
		table, model := newTable(), map[apikey.ID]*entry{}
		for range rapid.IntRange(1, 400).Draw(t, "steps") {
			id := rapid.SampledFrom(crowded).Draw(t, "id")
			if rapid.IntRange(0, 2).Draw(t, "act") == 0 {
				table.remove(id)
				delete(model, id)
			} else {
				e := &entry{id: id}
				table.put(e)
				model[id] = e
			}
		}
		for _, id := range crowded {
			require.Same(t, model[id], table.find(id))
		}
		require.Equal(t, len(model), table.len())
		seen := 0
		table.each(func(e *entry) { seen++; require.Same(t, model[e.id], e) })
		require.Equal(t, len(model), seen)
	})
}

// crowd returns ids that all belong to one part and begin in few buckets.
func crowd(n int) (ids []apikey.ID) {
	for len(ids) < n {
		_, id := apikey.NewToken()
		if p := placeOf(id); p.part() == 7 && p.bucket()&0xC == 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

// Readers find what stays, at any moment, while others come and go, which
// makes the table grow and tidy up.
func TestReadersMissNothingWhileATableChanges(t *testing.T) {
	table := newTable()
	stay, pass := crowd(60), crowd(60)
	for _, id := range stay {
		table.put(&entry{id: id})
	}
	var done atomic.Bool
	var missed atomic.Int64
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for i := 0; !done.Load(); i++ {
				if e := table.find(stay[i%len(stay)]); e == nil || e.id != stay[i%len(stay)] {
					missed.Add(1)
				}
				if e := table.find(pass[i%len(pass)]); e != nil && e.id != pass[i%len(pass)] {
					missed.Add(1)
				}
			}
		})
	}
	for round := range 300 {
		for i, id := range pass {
			if (i+round)%3 == 0 {
				table.remove(id)
			} else {
				table.put(&entry{id: id})
			}
		}
		table.put(&entry{id: stay[round%len(stay)]})
	}
	done.Store(true)
	readers.Wait()
	require.Zero(t, missed.Load())
}
