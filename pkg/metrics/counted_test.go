package metrics_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/metrics"
)

// writes is a store whose writes end with err.
type writes struct {
	apikey.Store
	err error
}

func (w *writes) Write(context.Context, func(apikey.Tx) error) error { return w.err }

func (w *writes) RecordUsage(context.Context, apikey.UsageBatch) error { return w.err }

// A store that could not be written to is not writable until a write succeeds; mistakes of callers in the meantime make
// no difference.
func TestAStoreIsWritableAgainOnceAWriteWorks(t *testing.T) {
	m := metrics.New()
	below := &writes{}
	store := m.Store(below)
	write := func(ctx context.Context, err error) string {
		below.err = err
		require.Equal(t, err, store.Write(ctx, nil))
		return m.Unwritable()
	}
	full := &apikey.Error{Code: apikey.CodeUnavailable, Message: "The disk is full.", Cause: errors.New("/secret/path")}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	require.Empty(t, m.Unwritable())
	require.Empty(t, write(gone, full), "the caller gave up")
	require.Equal(t, "The disk is full.", write(t.Context(), full))
	require.Equal(t, "The disk is full.", write(t.Context(), apikey.Errorf(apikey.CodeDuplicateName, "taken")))
	below.err = nil
	require.NoError(t, store.RecordUsage(t.Context(), apikey.UsageBatch{}))
	require.Empty(t, m.Unwritable())
}
