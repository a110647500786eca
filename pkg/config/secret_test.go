package config_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/config"
)

// Every setting that names a file with a secret reads it in the same way: what
// an editor added goes, what might be meant is refused by the names of setting
// and file, and a file that others may read is warned of.
func TestSecretFilesAreReadInOneWay(t *testing.T) {
	const endpoint = "gate: {endpoints: [{name: a, path: /a, require: ingest, upstream: 'http://127.0.0.1:1', "
	for key, c := range map[string]struct {
		yaml   string // with FILE where the file's name belongs
		secret string // that it takes
		got    func(*config.Config) string
	}{
		"store_file": {"store_file: FILE", "postgres://me:s3cret@db/keys", func(c *config.Config) string {
			return "postgres://me:s3cret@" + c.Postgres.String()[len("postgres://"):len("postgres://db")] + "/keys"
		}},
		"gate.endpoints[0].receiver_key_file":  {endpoint + "receiver_key_file: FILE}]}", strings.Repeat("s3cret", 6), func(c *config.Config) string { return c.Gate.Endpoints[0].ReceiverKey }},
		"gate.endpoints[0].upstream_auth_file": {endpoint + "upstream_auth_file: FILE}]}", "me:s3cret", func(c *config.Config) string { return c.Gate.Endpoints[0].UpstreamAuth }},
		"gate.endpoints[0].basic_until_first_key.password_file": {endpoint + "basic_until_first_key: {username: u, password_file: FILE}}]}", "s3cret and long",
			func(c *config.Config) string { return c.Gate.Endpoints[0].BasicUntilFirstKey.Password }},
	} {
		t.Run(key, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "secret")
			load := func(content string, mode os.FileMode) (*config.Config, error) {
				require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
				require.NoError(t, os.Chmod(file, mode))
				return config.Load(source(t, strings.Replace(c.yaml, "FILE", file, 1), nil))
			}
			for _, content := range []string{c.secret, c.secret + "\n", c.secret + "\r\n", "\ufeff" + c.secret + "\r\n"} {
				cfg, err := load(content, 0o600)
				require.NoError(t, err, "%q", content)
				require.Equal(t, c.secret, c.got(cfg), "%q", content)
				require.Empty(t, cfg.Warnings)
			}
			for content, says := range map[string]string{
				"":                                "is empty; it must hold ",
				"\n":                              "is empty",
				c.secret + "\nmore":               "has several lines",
				" " + c.secret:                    "begins with a blank",
				c.secret + " \n":                  "ends with a blank",
				"\xff\xfes\x003\x00\n\x00":        "is in UTF-16",
				c.secret + "\x00":                 "holds a byte that is zero",
				strings.Repeat("s3", 1<<20):       "is larger than",
				c.secret + "\x1b[0m" + "\n":       "holds a control character",
				c.secret + "\u200b":               "ends with a blank",
				"s\x003\x00c\x00r\x00e\x00\n\x00": "is in UTF-16",
			} {
				_, err := load(content, 0o600)
				got := mistakes(t, err)
				require.Len(t, got, 1, "one mistake is reported once: %v", got)
				require.Contains(t, got[key], file+" "+says)
				require.NotContains(t, got[key], "s3")
			}
			require.NoError(t, os.Remove(file))
			_, err := config.Load(source(t, strings.Replace(c.yaml, "FILE", filepath.Dir(file), 1), nil))
			require.Contains(t, mistakes(t, err)[key], " is a directory; name a file")
			_, err = config.Load(source(t, strings.Replace(c.yaml, "FILE", file, 1), nil))
			require.Contains(t, mistakes(t, err)[key], "cannot be read: open "+file)
			if runtime.GOOS == "windows" {
				return
			}
			cfg, err := load(c.secret, 0o644)
			require.NoError(t, err)
			require.Equal(t, []config.Warning{{Setting: key, Text: file + " can be read by others (0644); type: chmod 600 " + file}}, cfg.Warnings)
		})
	}
}

// A configuration with a password in it is a secret as well.
func TestAPasswordInTheFileThatOthersMayRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no modes here")
	}
	for yaml, warned := range map[string]bool{"store: 'postgres://me:s3cret@db/keys'": true, "store: 'postgres://me@db/keys'": false, "store: sqlite": false} {
		src := source(t, yaml, nil)
		cfg, err := config.Load(src)
		require.NoError(t, err)
		require.Empty(t, cfg.Warnings)
		require.NoError(t, os.Chmod(src.File, 0o644))
		cfg, err = config.Load(src)
		require.NoError(t, err)
		require.Equal(t, warned, len(cfg.Warnings) == 1, "%s: %v", yaml, cfg.Warnings)
	}
}
