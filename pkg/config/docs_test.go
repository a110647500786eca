package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/gate"
)

// docs/configuration.md names every setting, and its example is valid.
func TestTheDocumentedConfiguration(t *testing.T) {
	content, err := os.ReadFile("../../docs/configuration.md")
	require.NoError(t, err)
	page := string(content)
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	config.AddFlags(flags)
	settings := 0
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name == "config" {
			return
		}
		settings++
		env := f.Usage[strings.LastIndex(f.Usage, "[")+1 : len(f.Usage)-1]
		require.Contains(t, page, "| `"+strings.ReplaceAll(f.Name, "-", "_")+"` | `--"+f.Name+"` | `"+env+"` |")
		if f.DefValue != "" {
			require.Contains(t, page, "`"+env+"` | `"+f.DefValue+"` |")
		}
	})
	require.Equal(t, settings, strings.Count(page, "| `--"), "a setting that is not there any more")

	_, example, found := strings.Cut(page, "```yaml\n")
	require.True(t, found)
	example, _, _ = strings.Cut(example, "```")
	src := source(t, example, nil)
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(src.File), "kuma.pass"), []byte("long-enough-password\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(src.File), "receiver.key"), []byte("a-fixed-receiver-key\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(src.File), "things.auth"), []byte("me:secret\n"), 0o600))
	cfg, err := config.Load(src)
	require.NoError(t, err)
	require.Len(t, cfg.Gate.Endpoints, 6)
	require.Equal(t, "X-Scope-OrgID", cfg.Gate.Endpoints[0].Tenant.Header)
	things := cfg.Gate.Endpoints[1]
	read, write := gate.Need{Require: apikey.PermissionRead}, gate.Need{Require: apikey.PermissionWrite}
	require.Equal(t, gate.Methods{"GET": read, "POST": write}, things.Methods)
	require.Equal(t, []gate.Rule{
		{Path: "/things"},
		{Path: "/api/things/{id}", Need: gate.Need{Require: apikey.PermissionManage}},
		{Path: "/api/things/{$}", Methods: gate.Methods{"GET": read}},
	}, things.Paths)
	require.True(t, things.PreserveHost)
	require.Equal(t, "me:secret", things.UpstreamAuth)
	require.Equal(t, "a-fixed-receiver-key", cfg.Gate.Endpoints[3].ReceiverKey)
	require.Equal(t, "h2c", cfg.Gate.Endpoints[2].Upstream.Scheme)
}
