package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
)

// promised is what a client knows about a key from answers, and what else may be true:
// the answer to a change that was under way at a kill never arrived.
type promised struct {
	id     string
	tokens []string
	is     string // verify's code
	mayBe  string // the code if the unanswered change was made; empty = none was under way
	lost   int    // rotations without an answer
}

// worker changes keys of its own, one after the other, until its server dies.
type worker struct {
	random   *rand.Rand
	name     string
	n        int
	keys     []*promised
	answered int // changes that were confirmed
	lost     int // creates without an answer
}

// run makes changes until one is not answered.
func (w *worker) run(ctx context.Context, c *client.Client) {
	for ctx.Err() == nil && w.step(ctx, c) {
		w.answered++
	}
}

func (w *worker) step(ctx context.Context, c *client.Client) bool {
	k := w.pick()
	if k == nil || w.random.IntN(3) == 0 {
		return w.create(ctx, c)
	}
	switch w.random.IntN(3) {
	case 0:
		k.mayBe = "revoked"
		if _, err := c.End(ctx, k.id, apikey.End{How: apikey.Revoke}); err != nil {
			return false
		}
		k.is, k.mayBe = "revoked", ""
	case 1:
		k.mayBe = "invalid_token"
		if _, err := c.End(ctx, k.id, apikey.End{How: apikey.Delete}); err != nil {
			return false
		}
		k.is, k.mayBe = "invalid_token", ""
	default:
		issued, err := c.Rotate(ctx, k.id, api.RotateKey{Overlap: "24h"})
		if err != nil {
			k.lost++
			return false
		}
		k.tokens = append(k.tokens, issued.Token)
	}
	return true
}

// pick returns a good key of which everything is known, or nil.
func (w *worker) pick() *promised {
	for range 10 {
		if len(w.keys) == 0 {
			return nil
		}
		if k := w.keys[w.random.IntN(len(w.keys))]; k.is == "valid" && k.mayBe == "" && len(k.tokens)+k.lost < apikey.MaxLiveTokens {
			return k
		}
	}
	return nil
}

func (w *worker) create(ctx context.Context, c *client.Client) bool {
	w.n++
	issued, err := c.Create(ctx, api.CreateKey{Name: fmt.Sprintf("%s-%d", w.name, w.n), Role: "Agent"})
	if err != nil {
		w.lost++
		return false
	}
	w.keys = append(w.keys, &promised{id: issued.Key.ID, tokens: []string{issued.Token}, is: "valid"})
	return true
}

// A server is killed again and again in the middle of changes. Every
// answer that a client got holds afterwards.
func TestWhatWasConfirmedSurvivesAKill(t *testing.T) {
	t.Parallel()
	kills := 100
	if testing.Short() {
		kills = 5
	}
	dir := t.TempDir()
	workers := make([]*worker, 4)
	for i := range workers {
		workers[i] = &worker{random: rand.New(rand.NewPCG(uint64(i), 1)), name: fmt.Sprintf("w%d", i)}
	}
	random := rand.New(rand.NewPCG(99, 1))
	var admin string
	for kill := range kills {
		s := serve(t, dir, "--log.level", "error")
		if admin == "" {
			admin = s.adminKey()
		}
		var busy sync.WaitGroup
		ctx, stop := context.WithCancel(t.Context())
		for _, w := range workers {
			busy.Go(func() { w.run(ctx, s.client(admin)) })
		}
		time.Sleep(time.Duration(20+random.IntN(150)) * time.Millisecond)
		s.kill()
		stop()
		busy.Wait()
		if kill%20 == 19 {
			checkFile(t, dir)
		}
	}
	checkFile(t, dir)
	checkPromised(t, dir, admin, workers)
}

// checkFile holds the database against its own rules, without a server.
func checkFile(t *testing.T, dir string) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, "data", "ostiary.db"))
	require.NoError(t, err)
	require.NoError(t, store.Check(t.Context()))
	require.NoError(t, store.Close())
}

// checkPromised compares the server's answers with the earlier ones.
func checkPromised(t *testing.T, dir, admin string, workers []*worker) {
	t.Helper()
	s := serve(t, dir)
	c := s.client(admin)
	answered, lost, known := 0, 0, map[string]*promised{}
	codes := map[string]int{}
	for _, w := range workers {
		answered += w.answered
		lost += w.lost
		for _, k := range w.keys {
			known[k.id] = k
			for _, token := range k.tokens {
				v, err := c.Verify(t.Context(), api.VerifyRequest{Token: token, Permission: "ingest"})
				require.NoError(t, err)
				require.Contains(t, []string{k.is, k.mayBe}, v.Code, "key %s", k.id)
				codes[v.Code]++
			}
		}
	}
	created := map[string]bool{}
	for e, err := range c.AllAudit(t.Context(), client.AuditQuery{Limit: apikey.MaxPageSize}) {
		require.NoError(t, err)
		if e.Action == apikey.ActionCreate {
			created[e.KeyID] = true
		}
	}
	unknown := 0
	for k, err := range c.AllKeys(t.Context(), client.KeyQuery{Limit: apikey.MaxPageSize}) {
		require.NoError(t, err)
		require.True(t, created[k.ID], "key %s has no entry in the audit trail", k.ID)
		if before := known[k.ID]; before != nil {
			require.GreaterOrEqual(t, len(k.Tokens), len(before.tokens), "a rotation is lost")
			require.LessOrEqual(t, len(k.Tokens), len(before.tokens)+before.lost, "tokens that nobody asked for")
		} else if !slices.Contains([]string{"ostiary"}, k.CreatedBy) {
			unknown++
		}
	}
	require.LessOrEqual(t, unknown, lost, "keys that nobody asked for")
	require.Greater(t, answered, 100)
	t.Logf("%d confirmed changes, %d without an answer; %d tokens verified: %v", answered, lost, len(known), codes)
	s.stop()
}
