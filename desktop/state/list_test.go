package state

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

// fill makes n keys past the network.
func (s *server) fill(t *testing.T, n int) {
	t.Helper()
	ctx := apikey.WithCaller(t.Context(), apikey.Caller{OrgID: 1, Login: "test", Role: apikey.RoleAdmin})
	for i := range n {
		_, err := s.Service().Create(ctx, apikey.NewKey{Name: fmt.Sprintf("key-%05d", i), Role: apikey.RoleAgent})
		require.NoError(t, err)
	}
}

func TestListReadsPagesAndKeepsThem(t *testing.T) {
	srv := startServer(t, nil)
	srv.fill(t, 650)
	s := srv.connect(t)
	require.False(t, s.List.Snapshot().Loaded)
	require.NoError(t, s.List.Load(t.Context()))
	first := s.List.Snapshot()
	require.Len(t, first.Keys, firstPage)
	require.Equal(t, 651, first.Total)
	require.True(t, first.More)

	require.NoError(t, s.List.More(t.Context()))
	require.Len(t, s.List.Snapshot().Keys, firstPage+pageSize)
	require.NoError(t, s.List.Refresh(t.Context()))
	require.Len(t, s.List.Snapshot().Keys, firstPage+pageSize, "a refresh keeps the length")
	require.NoError(t, s.List.More(t.Context()))
	require.NoError(t, s.List.More(t.Context()))
	all := s.List.Snapshot()
	require.Len(t, all.Keys, 651)
	require.False(t, all.More)
	require.Len(t, first.Keys, firstPage, "a snapshot does not change")

	s.List.Remove(all.Keys[3].ID)
	require.Equal(t, 650, s.List.Snapshot().Total)
	require.Len(t, all.Keys, 651)
}

func TestListSearchesAndSorts(t *testing.T) {
	srv := startServer(t, nil)
	srv.fill(t, 30)
	s := srv.connect(t)
	s.List.SetQuery(Query{Search: "key-0002", Descending: true})
	require.NoError(t, s.List.Load(t.Context()))
	got := s.List.Snapshot()
	require.Equal(t, 10, got.Total)
	require.Equal(t, "key-00029", got.Keys[0].Name)
	s.List.SetQuery(Query{Role: "Admin"})
	require.NoError(t, s.List.Load(t.Context()))
	require.Len(t, s.List.Snapshot().Keys, 1)
	s.List.SetQuery(Query{State: "revoked"})
	require.NoError(t, s.List.Load(t.Context()))
	require.Empty(t, s.List.Snapshot().Keys)
}

// slowSource answers when the test lets it.
type slowSource struct {
	asked chan client.KeyQuery
	reply chan *api.KeyList
}

func (s slowSource) Keys(ctx context.Context, q client.KeyQuery) (*api.KeyList, error) {
	select {
	case s.asked <- q:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return <-s.reply, nil
}

func TestALateAnswerToAnOldQuestionIsDropped(t *testing.T) {
	source := slowSource{make(chan client.KeyQuery), make(chan *api.KeyList)}
	l := NewList(source)
	var reading sync.WaitGroup
	reading.Go(func() { _ = l.Load(t.Context()) })
	<-source.asked
	l.SetQuery(Query{Search: "new"})
	source.reply <- &api.KeyList{Keys: []api.Key{{ID: "old"}}}
	reading.Wait()
	require.False(t, l.Snapshot().Loaded)
}

func TestAnAnswerOlderThanAChangeIsReadAgain(t *testing.T) {
	source := slowSource{make(chan client.KeyQuery), make(chan *api.KeyList)}
	l := NewList(source)
	var reading sync.WaitGroup
	reading.Go(func() { _ = l.Load(t.Context()) })
	<-source.asked
	l.Remove("gone")
	source.reply <- &api.KeyList{Keys: []api.Key{{ID: "gone"}}}
	<-source.asked
	source.reply <- &api.KeyList{Keys: []api.Key{}}
	reading.Wait()
	require.Empty(t, l.Snapshot().Keys)
}

func TestAFailedReadingKeepsTheKeys(t *testing.T) {
	srv := startServer(t, nil)
	b := startBreaker(t, srv.ManagementURL())
	c := srv.connection()
	c.Address = b.url
	s := connect(t, c, srv.Admin)
	require.NoError(t, s.List.Load(t.Context()))
	b.lose(100, "GET", dropBefore)
	require.Error(t, s.List.Refresh(t.Context()))
	require.Len(t, s.List.Snapshot().Keys, 1)
	require.Error(t, s.List.Snapshot().Err)
	b.lose(0, "GET", pass)
	require.NoError(t, s.List.Refresh(t.Context()))
	require.NoError(t, s.List.Snapshot().Err)
}
