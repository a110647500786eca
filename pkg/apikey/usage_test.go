package apikey_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

func TestDays(t *testing.T) {
	for _, c := range []struct {
		at   string
		day  apikey.Day
		text string
	}{
		{"1970-01-01T00:00:00Z", 0, "1970-01-01"},
		{"1969-12-31T23:59:59.999Z", -1, "1969-12-31"},
		{"1969-12-31T00:00:00Z", -1, "1969-12-31"},
		{"2026-11-21T23:59:59.999Z", 20778, "2026-11-21"},
		{"2026-11-22T00:00:00Z", 20779, "2026-11-22"},
		{"2026-11-22T00:59:59+01:00", 20778, "2026-11-21"},
		{"2028-02-29T12:00:00Z", 21243, "2028-02-29"},
	} {
		at, err := time.Parse(time.RFC3339Nano, c.at)
		require.NoError(t, err)
		require.Equal(t, c.day, apikey.DayOf(at), c.at)
		require.Equal(t, c.text, c.day.String())
		require.Equal(t, c.day, apikey.DayOf(c.day.Time()))
	}
}

func TestUsageHistoryHasNoGaps(t *testing.T) {
	b := newBench(t, false)
	k := b.create(t, apikey.NewKey{Name: "k"}).Key
	id, ok := apikey.ParseID(k.ID)
	require.True(t, ok)
	today := apikey.DayOf(b.now)
	require.NoError(t, b.store.RecordUsage(t.Context(), apikey.UsageBatch{Uses: []apikey.KeyUsage{{KeyID: id, Usage: apikey.Usage{Count: 4, LastAt: b.now.Add(-2 * day)}}}}))
	h, err := b.UsageHistory(admin(t), k.ID, 4)
	require.NoError(t, err)
	require.Equal(t, &apikey.UsageHistory{KeyID: k.ID, Days: []apikey.DayUsage{{Day: today - 3}, {Day: today - 2, Count: 4}, {Day: today - 1}, {Day: today}}}, h)
	require.EqualValues(t, 4, h.Total())
	h, err = b.UsageHistory(admin(t), k.ID, 0)
	require.NoError(t, err)
	require.Len(t, h.Days, apikey.DefaultUsageDays)
	h, err = b.UsageHistory(admin(t), k.ID, apikey.UsageRetention)
	require.NoError(t, err)
	require.Equal(t, apikey.OldestDay(today), h.Days[0].Day, "the oldest that is kept")
	for _, days := range []int{-1, apikey.UsageRetention + 1} {
		_, err = b.UsageHistory(admin(t), k.ID, days)
		require.Equal(t, []string{"days"}, fields(t, err))
	}
}
