package state

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNobodyIsToldTwiceOrTooOften(t *testing.T) {
	var teller Teller
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for i := range TellMost {
		require.True(t, teller.Tell(strconv.Itoa(i), now))
	}
	require.False(t, teller.Tell("0", now.Add(2*time.Hour)), "not of the same twice")
	require.False(t, teller.Tell("more", now.Add(time.Hour-time.Second)), "not too often in an hour")
	require.True(t, teller.Tell("more", now.Add(time.Hour)))
	require.True(t, teller.Tell("0", now.Add(24*time.Hour)), "again on another day")
	require.Len(t, teller.told, 2, "what was long ago is forgotten")
}

func TestAnOwnerHasSeveralNames(t *testing.T) {
	for owner, want := range map[string]bool{"Ada": true, "sre@example.org": true, "": false, "bob": false} {
		require.Equal(t, want, OwnedBy(owner, []string{"ada", "SRE@example.org", ""}), owner)
	}
}
