package state_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/apikey"
)

func TestLimitsAreRead(t *testing.T) {
	requests, bytes := state.KeyLimits[0], state.KeyLimits[4]
	require.True(t, bytes.Bytes)
	for text, want := range map[string]int64{
		"": 0, " 50 ": 50, "0": 0, "-1": -1, "1.5": -1, "5 MB": -1, "1e3": -1, "x": -1, "99999999999999999999": -1,
	} {
		n, ok := requests.Parse(text)
		require.Equal(t, want >= 0, ok, "%q", text)
		if ok {
			require.Equal(t, want, n, "%q", text)
		}
	}
	for text, want := range map[string]int64{
		"": 0, "512": 512, "5 MB": 5e6, "5mb": 5e6, "1,25 GB": 1.25e9, "1.25 gb": 1.25e9, "512 KiB": 512 << 10, "1 TiB": 1 << 40,
		"5 MBit": -1, "-5 MB": -1, "1.2.3": -1, "MB": -1, "9999999 TB": -1, "1e3": -1,
	} {
		n, ok := bytes.Parse(text)
		require.Equal(t, want >= 0, ok, "%q", text)
		if ok {
			require.Equal(t, want, n, "%q", text)
		}
	}
}

// TestBytesAreReadAsTheyAreWritten holds in every language.
func TestBytesAreReadAsTheyAreWritten(t *testing.T) {
	for _, language := range words.Languages() {
		w := words.New(language)
		for _, n := range []int64{1, 999, 1000, 1024, 1250, 123_456, 5e6, 1_250_000_000, 1<<52 - 1, 1 << 52} {
			read, ok := state.KeyLimits[4].Parse(w.Bytes(n))
			require.True(t, ok, "%q", w.Bytes(n))
			require.Equal(t, n, read, "%q", w.Bytes(n))
		}
	}
}

func TestLimitsAreNamedAsInTheAPI(t *testing.T) {
	var names []string
	for _, l := range state.KeyLimits {
		names = append(names, l.Field)
	}
	require.ElementsMatch(t, apikey.LimitNames(), names)
}

func TestLabelsAreRead(t *testing.T) {
	labels, wrong := state.Labels([]string{"team=sre", " env = prod ", "note=a=b", "team=ops"})
	require.Empty(t, wrong)
	require.Equal(t, map[string]string{"team": "ops", "env": "prod", "note": "a=b"}, labels)
	for _, text := range []string{"team", "team=", "=sre", "Team=sre", "1=a", "a b=c"} {
		_, wrong := state.Labels([]string{"env=prod", text})
		require.Equal(t, text, wrong)
	}
}

func TestTenantsAreChecked(t *testing.T) {
	require.Empty(t, state.WrongTenant([]string{"team-a", "b(1)"}))
	require.Empty(t, state.WrongTenant([]string{"*"}))
	require.Equal(t, "*/b", state.WrongTenant([]string{"a", "*/b"}))
	require.Equal(t, "..", state.WrongTenant([]string{".."}))
}
