package keys_test

import (
	"fmt"
	"runtime"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// TestAThousandKeysLookedAtLeaveNothingBehind counts what lives after a hundred
// keys were looked at, and after a thousand. Fyne remembers how wide each text
// is, so a key leaves some objects; parts of a window would be thousands.
func TestAThousandKeysLookedAtLeaveNothingBehind(t *testing.T) {
	const few, all, most = 100, 1000, 60
	life := uitest.NewStillLife()
	life.Keys = nil
	for i := range all {
		life.Keys = append(life.Keys, api.Key{
			ID: fmt.Sprintf("%012d", i), Name: fmt.Sprintf("sensor-%04d", i), Role: apikey.RoleAgent, State: "active", Enabled: true,
			CreatedAt: uitest.Noon, CreatedBy: "ada", Description: []string{"", "Short", "So long that it takes more than a line next to the list of keys"}[i%3],
			UseCount: int64(i % 2), LastUsedAt: &uitest.Noon,
		})
	}
	w := uitest.OpenStill(t, life, state.Preferences{})
	w.Press(fyne.KeyHome)
	read := 0
	w.Life.Asks = func(path string) {
		if path == "/audit" {
			read++
		}
	}
	look := func(keys int) (objects uint64) {
		for range keys {
			w.Press(fyne.KeyDown)
		}
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapObjects
	}
	goroutines := runtime.NumGoroutine()
	before := look(few)
	after := look(all - few - 1)
	require.Equal(t, all-1, read, "the details of each key were read")
	each := (float64(after) - float64(before)) / (all - few - 1)
	t.Logf("%.1f objects more for each key", each)
	require.Less(t, each, float64(most))
	require.LessOrEqual(t, runtime.NumGoroutine(), goroutines)
}
