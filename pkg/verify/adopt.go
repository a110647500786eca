package verify

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Foreign lets a Replica and its Verifier recognise the tokens of keys that were taken over
// from other systems. All of it is needed but the logger.
type Foreign struct {
	// Parse reads a token: the handle under which its key is looked for, and
	// how to find the one of some slow hashes that it fits, or -1. Ok is false
	// for what is no token of a known system.
	Parse func(token string) (handle string, match func(hashes []string) int, ok bool)

	// Handles returns the handles under which a token may be looked for.
	Handles func(*apikey.Origin) []string

	// Kind returns the kind of hashes that tokens under a handle have. Checks
	// against those of one kind take as long for any token.
	Kind func(handle string) string

	// Adopt keeps a token's digest in place of its slow hash, if it still has
	// that one. An error of apikey.CodeNotFound means that the key is gone;
	// after others it is tried again.
	Adopt func(context.Context, apikey.Adoption) error

	Logger *slog.Logger
}

// adoptRetry is the time between two tries to write.
const adoptRetry = time.Second

// adoptions are written in the background, so that no request waits for the
// store. Until one is written, the next start would check the slow hash again.
type adoptions struct {
	adopt  func(context.Context, apikey.Adoption) error
	logger *slog.Logger
	wake   chan struct{}

	writing sync.Mutex // held while writing

	mu      sync.Mutex
	unsaved map[apikey.ID]apikey.Adoption // by the token
}

func newAdoptions(f *Foreign) *adoptions {
	if f == nil {
		f = &Foreign{} // of which no token will be seen
	}
	a := &adoptions{adopt: f.Adopt, logger: f.Logger, wake: make(chan struct{}, 1),
		unsaved: map[apikey.ID]apikey.Adoption{}}
	if a.logger == nil {
		a.logger = slog.New(slog.DiscardHandler)
	}
	return a
}

func (a *adoptions) add(one apikey.Adoption) {
	a.mu.Lock()
	a.unsaved[one.TokenID] = one
	a.mu.Unlock()
	select {
	case a.wake <- struct{}{}:
	default: // one is waiting already
	}
}

// RunAdoptions writes down the digests of tokens of other systems that were
// seen for the first time, until ctx ends. The caller then calls FlushAdoptions
// once more when no request runs any longer.
func (v *Verifier) RunAdoptions(ctx context.Context) {
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-v.adoptions.wake:
		}
		for {
			err := v.FlushAdoptions(ctx)
			if err == nil {
				failing = false
				break
			}
			if !failing && ctx.Err() == nil {
				v.adoptions.logger.Warn("keys of other systems cannot be written yet; they work all the same, and are written later", "error", err)
			}
			failing = true
			if !sleep(ctx, adoptRetry) {
				return
			}
		}
	}
}

// FlushAdoptions writes all that was not written yet. It stops at the first
// error.
func (v *Verifier) FlushAdoptions(ctx context.Context) error {
	a := v.adoptions
	a.writing.Lock()
	defer a.writing.Unlock()
	for {
		one, ok := a.first()
		if !ok {
			return nil
		}
		err := a.adopt(ctx, one)
		if err != nil && apikey.ErrorCode(err) != apikey.CodeNotFound {
			return err
		}
		if err == nil {
			a.logger.Info("a key of another system was used for the first time; its digest is kept now", "key",
				one.KeyID)
		}
		a.mu.Lock()
		if a.unsaved[one.TokenID] == one {
			delete(a.unsaved, one.TokenID)
		}
		a.mu.Unlock()
	}
}

func (a *adoptions) first() (one apikey.Adoption, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, one := range a.unsaved {
		return one, true
	}
	return one, false
}
