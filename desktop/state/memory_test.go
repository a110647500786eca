package state

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

// crowd answers with many keys, which come over the wire and have labels, owners and ends as a big fleet has them.
type crowd struct {
	n   int
	end time.Time
}

func (c crowd) key(i int) api.Key {
	id := fmt.Sprintf("%012d", i)
	end := c.end.Add(time.Duration(i) * time.Second)
	return api.Key{
		ID: id, Number: int64(i), OrgID: 1, Name: fmt.Sprintf("sensor-%06d", i), Owner: "sre@example.org",
		Labels: map[string]string{"team": fmt.Sprint("team-", i%7), "env": []string{"prod", "staging", "dev"}[i%3]},
		Role:   apikey.RoleAgent, Endpoints: []string{"loki", "mimir"}[:i%3], AllowedCIDRs: []string{}, Tenants: []string{},
		State: apikey.StateActive, Enabled: true, CreatedAt: c.end, CreatedBy: "admin", ExpiresAt: &end, Hint: "ost_" + id,
		Actions: []string{"edit", "rotate", "disable", "revoke", "delete"},
		Tokens: []api.Token{{ID: id, Hint: "ost_" + id, State: apikey.StateActive, CreatedAt: c.end, CreatedBy: "admin",
			ExpiresAt: &end}},
	}
}

// Keys returns a page.
func (c crowd) Keys(_ context.Context, q client.KeyQuery) (*api.KeyList, error) {
	from, _ := strconv.Atoi(q.Cursor)
	to, all := min(from+q.Limit, c.n), int64(c.n)
	list := api.KeyList{Total: &all}
	for i := from; i < to; i++ {
		list.Keys = append(list.Keys, c.key(i))
	}
	if to < c.n {
		list.NextCursor = strconv.Itoa(to)
	}
	return wired(list)
}

// wired is a list as it comes over the wire: each text with memory of its own.
func wired[T any](sent T) (*T, error) {
	wire, err := json.Marshal(sent)
	if err != nil {
		return nil, err
	}
	var got T
	return &got, json.Unmarshal(wire, &got)
}

// inUse is how much memory is in use.
func inUse() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// TestACrowdOfKeysTakesLittleMemory reads many keys, changes them all and reads them again.
func TestACrowdOfKeysTakesLittleMemory(t *testing.T) {
	const n = 20_000
	before := inUse()
	all := crowd{n, time.Now().Add(time.Hour).UTC()}
	l := NewList(all)
	require.NoError(t, l.Load(t.Context()))
	require.NoError(t, l.All(t.Context()))
	require.Len(t, l.Snapshot().Keys, n)
	read := (inUse() - before) / n

	var undo Undo
	for i := range n {
		k, err := wired(all.key(i))
		require.NoError(t, err)
		undo.add(ActionDisable.Undo(*k))
		k.Enabled, k.State, k.Actions = false, apikey.StateDisabled, []string{"edit", "enable", "delete"}
		l.Replace(*k)
	}
	require.Equal(t, n, undo.Keys())
	changed := (inUse() - before) / n
	require.Equal(t, apikey.StateDisabled, l.Snapshot().Keys[n/2].State)
	require.NoError(t, l.Refresh(t.Context()))
	require.Equal(t, apikey.StateActive, l.Snapshot().Keys[n/2].State)
	again := (inUse() - before) / n
	t.Logf("bytes a key: read %d, all changed with their undo %d, read again %d", read, changed, again)
	require.Less(t, read, 800)
	require.Less(t, changed, 900)
	require.Less(t, again, 900)
	runtime.KeepAlive(undo)
	runtime.KeepAlive(l)
}
