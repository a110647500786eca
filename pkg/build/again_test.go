package build

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A test that fails once passes at the second time; one that fails twice fails.
func TestWhatFailedIsRunOnceMore(t *testing.T) {
	t.Chdir("../..")
	mark := filepath.Join(t.TempDir(), "mark")
	run := func(fault string) error {
		_ = os.Remove(mark)
		return goTestAgain(t.Context(), []string{"OSTIARY_AGAIN=" + mark, "OSTIARY_AGAIN_FAULT=" + fault},
			"standard-quiet", "./pkg/build/testdata/again", "-count", "1")
	}
	require.NoError(t, run(""))
	require.Error(t, run("yes"))
}

// The files that failed are Jest's to name. A run that has left no results has none.
func TestTheFilesThatFailed(t *testing.T) {
	results := filepath.Join(t.TempDir(), "results.json")
	files, err := failedFiles(results)
	require.NoError(t, err)
	require.Empty(t, files)

	require.NoError(t, os.WriteFile(results, []byte(`{"success": false, "testResults": [
		{"name": "/a/keys.e2e.ts", "status": "passed"}, {"name": "/a/many.e2e.ts", "status": "failed"}]}`), 0o600))
	files, err = failedFiles(results)
	require.NoError(t, err)
	require.Equal(t, []string{"/a/many.e2e.ts"}, files)

	require.NoError(t, os.WriteFile(results, []byte(`{"testRes`), 0o600))
	_, err = failedFiles(results)
	require.Error(t, err)
}
