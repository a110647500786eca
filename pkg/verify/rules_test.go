package verify_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// byRule returns the use of rules as "ENDPOINT METHOD PATH ALLOWED/DENIED".
func (s *batches) byRule(key apikey.ID, at time.Time) (list []string) {
	prefix := fmt.Sprint(key, " ", apikey.DayOf(at), " ")
	for id, u := range s.rules {
		if len(id) > len(prefix) && id[:len(prefix)] == prefix {
			list = append(list, fmt.Sprintf("%s %d/%d", id[len(prefix):], u.Count, u.Denied))
		}
	}
	slices.Sort(list)
	return list
}

func TestRulesAreToldApart(t *testing.T) {
	store := newBatches()
	r := verify.NewRecorder(store, time.Hour, nil)
	_, key := apikey.NewToken()
	_, other := apikey.NewToken()
	pushes := &verify.Rule{Endpoint: "loki", Path: "/push"}
	again := &verify.Rule{Endpoint: "loki", Path: "/push"} // as after the gate was configured again
	see := func(change func(*verify.Seen)) {
		seen := verify.Seen{Key: key, Token: key, OrgID: 7, Code: apikey.CodeValid, Endpoint: "loki", Configured: true,
			At: noon, Rule: pushes, Method: "POST"}
		change(&seen)
		r.Record(seen)
	}
	for round := range 2 {
		see(func(*verify.Seen) {})
		see(func(s *verify.Seen) { s.Rule = again })
		see(func(s *verify.Seen) { s.Token = other }) // another token of the key
		see(func(s *verify.Seen) { s.Code = apikey.CodeForbidden })
		see(func(s *verify.Seen) { s.Code = apikey.CodeGrace })
		see(func(s *verify.Seen) { s.Method = "GET" })
		see(func(s *verify.Seen) { s.Method = "HEAD" })
		see(func(s *verify.Seen) { s.Method = "PROPFIND" })
		see(func(s *verify.Seen) { s.Method = "client's own" })
		see(func(s *verify.Seen) { s.Rule = nil })
		see(func(s *verify.Seen) { s.Rule, s.Endpoint, s.Configured = nil, "proxy's", false })
		see(func(s *verify.Seen) { s.Code, s.Instead = apikey.CodeTooLarge, apikey.CodeValid })
		store.set(round == 0) // what cannot be written is kept, and added to
		if round == 0 {
			require.ErrorIs(t, r.Flush(t.Context()), errDown)
			see(func(s *verify.Seen) { s.Rule = &verify.Rule{Endpoint: "loki", Path: "/new"} })
		}
	}
	require.NoError(t, r.Flush(t.Context()))
	require.Equal(t, []string{
		"loki  /push 4/0", "loki GET /push 4/0", "loki POST  2/0", "loki POST /new 1/0", "loki POST /push 6/4",
		"proxy's POST  2/0",
	}, store.byRule(key, noon))
}

// Whatever clients do, of a token few rules are told apart between two flushes, and nothing is lost.
func TestManyRulesOfAToken(t *testing.T) {
	store := newBatches()
	r := verify.NewRecorder(store, time.Hour, nil)
	_, key := apikey.NewToken()
	for i := range 5000 {
		r.Record(verify.Seen{Key: key, Token: key, Code: apikey.CodeValid, At: noon, Method: "GET",
			Rule: &verify.Rule{Endpoint: fmt.Sprint("e", i%300), Path: fmt.Sprint("/", i)}})
	}
	require.NoError(t, r.Flush(t.Context()))
	list := store.byRule(key, noon)
	require.Less(t, len(list), 80)
	var sum int64
	for _, u := range store.rules {
		sum += u.Count
	}
	require.EqualValues(t, 5000, sum)
}
