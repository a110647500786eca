package verify_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// counter counts the use of tokens and nothing else: the least that a recorder does.
type counter struct {
	shards [32]struct {
		mu   sync.Mutex
		uses map[apikey.ID]*usedToken
	}
}

type usedToken struct {
	count int64
	last  int64
	from  netip.Addr
}

func (c *counter) Record(seen verify.Seen) {
	at := time.Now().UnixMilli()
	s := &c.shards[seen.Token[0]%32]
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.uses[seen.Token]
	if u == nil {
		u = &usedToken{}
		if s.uses == nil {
			s.uses = map[apikey.ID]*usedToken{}
		}
		s.uses[seen.Token] = u
	}
	u.count, u.last, u.from = u.count+1, at, seen.Addr
}

func (c *counter) Late(apikey.ID, apikey.Code) {}

// BenchmarkSenders compares admissions that tell senders apart and count by code with the same that count the use of
// tokens alone. Both take turns in short stretches, of which the medians count.
func BenchmarkSenders(b *testing.B) {
	d := newDoor(b, nil)
	const keys = 500
	const agent = "Mozilla/5.0 (X11; Linux x86_64) Grafana Agent/v0.44.2 (flow; linux)"
	requests := map[int][]verify.Request{}
	for range keys {
		token, rec := key(nil)
		d.feed.put(rec)
		for _, senders := range []int{1, 2, 8} {
			for i := range senders {
				requests[senders] = append(requests[senders], verify.Request{
					Context: b.Context(), URL: &url.URL{Path: "/x"}, Addr: netip.MustParseAddr(fmt.Sprintf("192.0.2.%d", i+1)),
					Header: http.Header{
						"Authorization": {"Bearer " + token}, "User-Agent": {agent}, // as if it had just been read
						"Accept":       {"*/*"},
						"Content-Type": {"application/x-protobuf"}, "Content-Encoding": {"snappy"},
					},
				})
			}
		}
	}
	if err := d.replica.Sync(b.Context()); err != nil {
		b.Fatal(err)
	}
	told, plain := d.admission, d.admission
	told.Recorder, plain.Recorder = verify.NewRecorder(nil, time.Hour, nil), &counter{}
	demand := &verify.Demand{Endpoint: "loki", Observed: "loki", Sources: verify.Sources{Headers: []string{"X-Api-Key"}}}
	next := 0
	stretch := func(a *verify.Admission, list []verify.Request) time.Duration {
		const n = 2000
		began := time.Now()
		for range n {
			next += 7919
			in := &list[next%len(list)]
			in.Began = began
			if o := a.Admit(in, demand); !o.Valid() {
				b.Fatal(o.Reason)
			}
		}
		return time.Since(began) / n
	}
	ratios, costs := map[int][]float64{}, map[int][]float64{}
	for b.Loop() {
		for senders, list := range requests {
			yardstick := stretch(&plain, list)
			ours := stretch(&told, list)
			ratios[senders] = append(ratios[senders], float64(ours)/float64(yardstick))
			costs[senders] = append(costs[senders], float64(ours))
		}
	}
	for senders, list := range ratios {
		slices.Sort(list)
		slices.Sort(costs[senders])
		b.ReportMetric(list[len(list)/2], fmt.Sprintf("ratio-of-%d", senders))
		b.ReportMetric(costs[senders][len(list)/2], fmt.Sprintf("ns-of-%d", senders))
	}
	b.ReportMetric(0, "ns/op")
}
