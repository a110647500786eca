package locale_test

import (
	"os"
	"os/exec"
	"testing"

	"fyne.io/fyne/v2/lang"
	"github.com/stretchr/testify/require"

	_ "github.com/ostiary/ostiary/desktop/locale"
)

// TestFyneReadsEveryLocale starts this test again, as the program starts, and reads what Fyne says meanwhile.
func TestFyneReadsEveryLocale(t *testing.T) {
	if os.Getenv("OSTIARY_STARTED") != "" {
		_ = lang.SystemLocale()
		return
	}
	for _, locale := range []string{"", "C", "POSIX", "C.UTF-8", "C.utf8", "en_GB.UTF-8", "de_DE@euro"} {
		for _, name := range []string{"LC_ALL", "LANG"} {
			program := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
			program.Env = []string{"OSTIARY_STARTED=yes", name + "=" + locale}
			said, err := program.CombinedOutput()
			require.NoError(t, err)
			require.Equal(t, "PASS\n", string(said), name+"="+locale)
		}
	}
}
