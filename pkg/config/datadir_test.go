package config_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/config"
)

// A data directory is closed to others, so one that holds other things is
// refused, and left as it is.
func TestTheDataDirectoryHoldsNothingElse(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no modes here")
	}
	for name, c := range map[string]struct {
		mode  fs.FileMode
		files []string // a name with a slash at its end is a directory
		args  []string // DIR is replaced by the directory
		says  string
	}{
		"empty":                        {mode: 0o755},
		"a database":                   {mode: 0o755, files: []string{"ostiary.db", "ostiary.db-wal", "ostiary.db-shm", "ostiary.db.replaced-20261128T150405.000000000Z", "pepper", "gate.crt", "gate.key", "assertion.key"}},
		"a pepper from elsewhere":      {mode: 0o750, files: []string{"pepper"}},
		"the root of a volume":         {mode: 0o755, files: []string{"lost+found/"}},
		"what settings name":           {mode: 0o755, files: []string{"admin.key", "seal.key"}, args: []string{"--bootstrap-key-file=DIR/admin.key", "--pepper.key-file=DIR/seal.key"}},
		"keys, and more":               {mode: 0o700, files: []string{"ostiary.db", "backup.tar", "notes/"}},
		"another's":                    {mode: 0o755, files: []string{"notes.txt"}, says: "DIR holds other things (notes.txt); name a directory of its own, such as DIR/ostiary"},
		"another's, closed":            {mode: 0o700, files: []string{"id_ed25519"}, says: "DIR holds other things (id_ed25519)"},
		"a home":                       {mode: 0o755, files: []string{".bashrc", ".ssh/", "a", "b"}, says: "DIR holds other things (.bashrc, .ssh, a …)"},
		"a key file that nobody names": {mode: 0o755, files: []string{"admin.key"}, says: "DIR holds other things (admin.key)"},
		"keys, and more, open":         {mode: 0o755, files: []string{"ostiary.db", "index.html"}, says: "DIR is open to others (0755) and holds other things besides the keys (index.html); move them away, or close it to others: chmod 700 DIR"},
		"many share it":                {mode: 0o777 | os.ModeSticky, says: "DIR is a directory that many share (dtrwxrwxrwx); name one of its own"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			require.NoError(t, os.Mkdir(dir, 0o700))
			for _, file := range c.files {
				if file[len(file)-1] == '/' {
					require.NoError(t, os.Mkdir(filepath.Join(dir, file), 0o755))
				} else {
					require.NoError(t, os.WriteFile(filepath.Join(dir, file), nil, 0o600))
				}
			}
			require.NoError(t, os.Chmod(dir, c.mode))
			args := []string{"--data-dir=" + dir}
			for _, arg := range c.args {
				args = append(args, replaceDir(arg, dir))
			}
			cfg, err := config.Load(source(t, "", nil, args...))
			require.NoError(t, err)
			err = cfg.MakeDataDir()
			info, statErr := os.Stat(dir)
			require.NoError(t, statErr)
			if c.says == "" {
				require.NoError(t, err)
				require.Equal(t, fs.FileMode(0o700), info.Mode().Perm())
				return
			}
			require.ErrorContains(t, err, "--data-dir: "+replaceDir(c.says, dir))
			require.Equal(t, c.mode, info.Mode()&(fs.ModePerm|os.ModeSticky), "it is left as it is")
			require.Contains(t, mistakes(t, cfg.CheckFiles(false, false))["--data-dir"], replaceDir(c.says, dir), "reported before anything is made")
		})
	}
}

func replaceDir(s, dir string) string { return strings.ReplaceAll(s, "DIR", dir) }

// The configuration and its secrets may lie in the data directory.
func TestTheConfigurationInTheDataDirectory(t *testing.T) {
	src := source(t, "data_dir: .\nbootstrap_key_file: admin.key\ngate: {endpoints: [{name: a, path: /a, require: read, basic_until_first_key: {username: u, password_file: a.pass}}]}", nil)
	dir := filepath.Dir(src.File)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.pass"), []byte("a long password"), 0o600))
	cfg, err := config.Load(src)
	require.NoError(t, err)
	require.NoError(t, cfg.MakeDataDir())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "other"), nil, 0o600))
	require.ErrorContains(t, cfg.MakeDataDir(), "holds other things (other)")
}
