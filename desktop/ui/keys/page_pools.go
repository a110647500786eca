package keys

import (
	"slices"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
)

// offerPools makes another filter by pool when there are other pools.
func (p *Page) offerPools() {
	h, query := p.host, p.host.Session.List.Snapshot().Query
	offered := h.Pools
	if query.Pool != "" && query.Pool != api.NoPool && !slices.Contains(offered, query.Pool) {
		offered = append([]string{query.Pool}, offered...)
	}
	if slices.Equal(offered, p.offered) {
		return
	}
	p.offered, p.ofPool = offered, nil
	p.pools.RemoveAll()
	defer func() {
		if p.filters != nil {
			p.filters.Refresh()
		}
	}()
	if len(offered) == 0 {
		return
	}
	name := func(pool string) string { return poolName(h.Words, pool) }
	values := append(slices.Clone(offered), api.NoPool)
	p.ofPool = p.narrow("filter.pool", "filter.all-pools", values, name, query.Pool,
		func(q *state.Query, s string) { q.Pool = s })
	p.pools.Add(p.ofPool.box)
	p.ofPool.box = p.pools // which comes and goes
}

// poolName is what a pool is called in the filters.
func poolName(w *words.Words, pool string) string {
	if pool == api.NoPool {
		return w.T("key-form.no-pool")
	}
	return pool
}

// filtersOffered is how many filters there are besides the search: without pools
// there is none by them.
func (p *Page) filtersOffered() int {
	if len(p.offered) == 0 {
		return 3
	}
	return 4
}
