package gate

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// shell runs a line as it would be pasted, with the key in $KEY.
func shell(t *testing.T, key, line string) (stdout string, exitCode int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
	cmd.Env = append(os.Environ(), "KEY="+key)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if exited := new(exec.ExitError); !errors.As(err, &exited) {
		require.NoError(t, err)
	}
	if cmd.ProcessState.ExitCode() != 0 {
		t.Logf("%s: %s", line, stderr.String())
	}
	return string(out), cmd.ProcessState.ExitCode()
}
