package contexts

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// home lets the test have a configuration directory of its own.
func home(t *testing.T) (dir, file string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("there are no modes here")
	}
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	dir = filepath.Join(os.Getenv("XDG_CONFIG_HOME"), "ostiary")
	require.NoError(t, os.Mkdir(dir, 0o700))
	return dir, filepath.Join(dir, "config.yaml")
}

func TestContextsComeBackAsTheyWereSaved(t *testing.T) {
	_, file := home(t)
	none, err := Read()
	require.NoError(t, err)
	require.Empty(t, none.Contexts)
	insecure := true
	saved := &File{Current: "a", Contexts: []Context{{Name: "a", URL: "http://127.0.0.1:7171", APIKey: "secret", Insecure: &insecure}, {Name: "b", URL: "https://b", APIKeyFile: "/k"}}}
	require.NoError(t, saved.Save())
	back, err := Read()
	require.NoError(t, err)
	require.Equal(t, saved, back)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode())

	require.NoError(t, os.Chmod(file, 0o644))
	back, err = Read()
	require.NoError(t, err)
	require.Contains(t, back.Warning, "can be read by others (0644); type: chmod 600 "+file)
	require.NoError(t, (&File{Contexts: saved.Contexts[1:]}).Save())
	require.NoError(t, os.Chmod(file, 0o644))
	back, err = Read()
	require.NoError(t, err)
	require.Empty(t, back.Warning, "there is no key in it")
}

// A link that the user has made stays one; a link in a directory that others may
// write to is replaced.
func TestALinkIsTheUsersOwn(t *testing.T) {
	for mode, followed := range map[fs.FileMode]bool{0o700: true, 0o755: true, 0o777: false, 0o770: false} {
		dir, file := home(t)
		collected := filepath.Join(t.TempDir(), "ostiary.yaml")
		require.NoError(t, os.WriteFile(collected, []byte("contexts: []\n"), 0o600))
		require.NoError(t, os.Symlink(collected, file))
		require.NoError(t, os.Chmod(dir, mode))
		require.NoError(t, (&File{Contexts: []Context{{Name: "a", URL: "http://a", APIKey: "secret"}}}).Save())
		content, err := os.ReadFile(collected)
		require.NoError(t, err)
		require.Equal(t, followed, strings.Contains(string(content), "secret"), mode)
		back, err := Read()
		require.NoError(t, err)
		require.Len(t, back.Contexts, 1)
	}
}

func TestWhatIsNoFileOfContexts(t *testing.T) {
	_, file := home(t)
	for content, says := range map[string]string{
		"contexts: [":        "cannot be read",
		"other: 1":           "field other not found",
		"\xff\xfec\x00o\x00": "is in UTF-16",
		"contexts: []\x00":   "holds a byte that is zero",
	} {
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
		_, err := Read()
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, file)
	}
	require.NoError(t, os.WriteFile(file, []byte("\ufeffcontexts: [{name: a, url: 'http://a'}]\r\n"), 0o600))
	back, err := Read()
	require.NoError(t, err)
	require.Equal(t, "a", back.Contexts[0].Name)
}
