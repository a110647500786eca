package apikey_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ostiary/ostiary/pkg/apikey"
)

const day = 24 * time.Hour

func TestParseTTL(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"0": 0, "never": 0, "Never": 0, "0d": 0, "1": time.Second, "86400": day, "90d": 90 * day, "12h": 12 * time.Hour,
		"15m": 15 * time.Minute, "30s": 30 * time.Second, "2w": 14 * day, "1d12h": 36 * time.Hour, "3153600000": apikey.MaxTTL,
	} {
		got, err := apikey.ParseTTL(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
	}
	for _, in := range []string{"", " ", "-1", "-90d", "1.5d", "d", "90x", "12h!", "3153600001", "99999999999999999999", "36501d", "1e9", "9d9", "½d"} {
		_, err := apikey.ParseTTL(in)
		require.Error(t, err, in)
	}
}

func TestFormatTTLIsReadBack(t *testing.T) {
	require.Equal(t, "90d", apikey.FormatTTL(90*day))
	require.Equal(t, "1d12h", apikey.FormatTTL(36*time.Hour))
	require.Equal(t, "never", apikey.FormatTTL(0))
	rapid.Check(t, func(t *rapid.T) {
		ttl := time.Duration(rapid.Int64Range(0, int64(apikey.MaxTTL/time.Second)).Draw(t, "seconds")) * time.Second
		back, err := apikey.ParseTTL(apikey.FormatTTL(ttl))
		require.NoError(t, err)
		require.Equal(t, ttl, back)
	})
}

func TestParseExpiry(t *testing.T) {
	for in, want := range map[string]time.Time{
		"2027-01-31T12:00:00Z":      time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC),
		"2027-01-31T12:00:00+02:00": time.Date(2027, 1, 31, 10, 0, 0, 0, time.UTC),
		"2027-12-31":                time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC), // the end of that day
		"2028-02-29":                time.Date(2028, 3, 1, 0, 0, 0, 0, time.UTC),
	} {
		got, err := apikey.ParseExpiry(in)
		require.NoError(t, err, in)
		require.True(t, want.Equal(got), "%s: %s", in, got)
	}
	for _, in := range []string{"", "tomorrow", "2027-02-29", "31.01.2027", "2027-1-1", "2027-01-31 12:00"} {
		_, err := apikey.ParseExpiry(in)
		require.Error(t, err, in)
	}
}

func FuzzParseTTL(f *testing.F) {
	for _, s := range []string{"90d", "0", "never", "1d12h", "-5", "999999999999999999999d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ttl, err := apikey.ParseTTL(s)
		if err == nil {
			require.GreaterOrEqual(t, ttl, time.Duration(0))
			require.LessOrEqual(t, ttl, apikey.MaxTTL)
		}
	})
}

func TestLifetimesThatAreOfferedKeepToThePolicy(t *testing.T) {
	const day = 24 * time.Hour
	for _, tc := range []struct {
		policy apikey.Policy
		want   []time.Duration
	}{
		{apikey.DefaultPolicy(), []time.Duration{30 * day, 90 * day, 365 * day}},
		{apikey.Policy{}, []time.Duration{30 * day, 90 * day, 365 * day}},
		{apikey.Policy{DefaultTTL: 45 * day, MaxTTL: 90 * day}, []time.Duration{30 * day, 45 * day, 90 * day}},
		{apikey.Policy{DefaultTTL: time.Hour, MaxTTL: 2 * time.Hour}, []time.Duration{time.Hour}},
	} {
		require.Equal(t, tc.want, tc.policy.Lifetimes())
		require.NoError(t, tc.policy.Check())
	}
	require.Contains(t, apikey.Overlaps(), apikey.DefaultOverlap)
}
