package keys_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
)

// TestClientsAreReadNowAndThen reads who uses a key when somebody looks at it, and not what is only passed by: each
// reading may be an entry of the audit trail.
func TestClientsAreReadNowAndThen(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	now, read := uitest.Noon, []string{}
	w.Words.Now = func() time.Time { return now }
	w.Life.Asks = func(path string) {
		if strings.HasSuffix(path, "/clients") {
			read = append(read, strings.Split(path, "/")[2][11:])
		}
	}
	list := keysPage(w).List()
	for i := range 4 {
		list.Choose(i)
		w.Clock.Pass(300 * time.Millisecond)
	}
	require.Empty(t, read, "a key that is passed by is left alone")
	list.Choose(1)
	w.Clock.Pass(2 * time.Second)
	require.Equal(t, []string{"b"}, read)

	// over lets time pass in the steps in which the list is read.
	over := func(d time.Duration, used int64) int {
		read = nil
		for range d / (15 * time.Second) {
			now = now.Add(15 * time.Second)
			w.Life.Keys[1].UseCount += used
			w.Reload()
			w.Clock.Pass(15 * time.Second)
		}
		return len(read)
	}
	require.Equal(t, 2, over(20*time.Minute, 0), "every ten minutes while it rests")
	require.InDelta(t, 10, over(10*time.Minute, 1), 1, "once a minute while it is used")
}
