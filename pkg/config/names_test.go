package config_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/setting"
)

// A message calls a setting what the user gave it by, or would give it by.
func TestMessagesNameSettingsAsTheyWereGiven(t *testing.T) {
	storeFile := filepath.Join(t.TempDir(), "store")
	require.NoError(t, os.WriteFile(storeFile, []byte("sqlite\n"), 0o600))
	for name, c := range map[string]struct {
		yaml string
		env  map[string]string
		args []string
		want map[string]string
	}{
		"flags": {
			args: []string{"--gate.listen=127.0.0.1:7171", "--tls.cert-file=x", "--policy.max-ttl=30d", "--policy.default-ttl=90d"},
			want: map[string]string{
				"--gate.listen":        "is the same address as --listen; management is never reachable through the gate, so give it another",
				"--tls.key-file":       "is missing; --tls.cert-file needs the private key that belongs to it",
				"--policy.default-ttl": "is 90d, longer than --policy.max-ttl, which is 30d",
			},
		},
		"variables": {
			env: map[string]string{"OSTIARY_GATE_LISTEN": "127.0.0.1", "OSTIARY_STORE_FILE": storeFile, "OSTIARY_STORE": "postgres://db/x"},
			want: map[string]string{
				"OSTIARY_GATE_LISTEN": `"127.0.0.1" is not an address to listen on; write host:port, such as 127.0.0.1:7171`,
				"OSTIARY_STORE_FILE":  "cannot be given together with OSTIARY_STORE; leave one of the two out",
			},
		},
		"the file, and a flag over it": {
			yaml: "gate: {listen: 127.0.0.1:1}\npepper: {key_file: x}\ntls: {self_signed: true, key_file: y}",
			args: []string{"--listen=127.0.0.1:1", "--pepper.passphrase-file=p", "--log.level=loud"},
			want: map[string]string{
				"gate.listen":     "is the same address as --listen; management is never reachable through the gate, so give it another",
				"pepper.key_file": "cannot be set together with --pepper.passphrase-file; choose one of the two",
				"tls.self_signed": "cannot be true together with tls.cert_file and tls.key_file; choose one of the two ways",
				"--log.level":     `"loud" is not a level; use debug, info, warn or error`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := config.Load(source(t, c.yaml, c.env, c.args...))
			got := mistakes(t, err)
			for field, detail := range c.want {
				require.Equal(t, detail, got[field], field)
			}
		})
	}

	src := source(t, "", nil)
	src.File = "nowhere.yaml"
	_, err := config.Load(src)
	require.EqualError(t, err, "--config: there is no file nowhere.yaml; leave this out to run with defaults")
	src.Flags = nil
	_, err = config.Load(src)
	require.EqualError(t, err, "OSTIARY_CONFIG: there is no file nowhere.yaml; leave this out to run with defaults")
	unusable := new(setting.Error)
	require.ErrorAs(t, err, &unusable)
}

// Whether words are parted by dots, hyphens or underscores is hard to know.
func TestFlagsWithHyphensForDots(t *testing.T) {
	cfg, err := config.Load(source(t, "", nil, "--gate-listen=127.0.0.1:1", "--gate_tls-self_signed", "--data.dir=x"))
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:1", cfg.Gate.Listen)
	require.True(t, cfg.Gate.TLS.SelfSigned)
	require.Equal(t, "x", cfg.DataDir)
}

func TestMistakesSayTheirLine(t *testing.T) {
	_, err := config.Load(source(t, `# comments and empty lines count

max_staleness: 1s
gate:
  endpoints:
    - name: loki
      path: /loki

      require: read
      upstream: ftp://nowhere
      methods:
        GET: red
    - &base {name: "", path: /tempo, require: read}
    - *base
  colour: red
policy.max_ttl: x
`, nil, "--listen=nonsense"))
	var all *config.Error
	require.ErrorAs(t, err, &all)
	lines := map[string]int{"--listen": 0, "max_staleness": 3, "gate.endpoints[0].upstream": 10,
		"gate.endpoints[0].methods.GET": 12, "gate.endpoints[1].name": 13, "gate.endpoints[2].name": 14, "gate.colour": 15,
		"policy.max_ttl": 16}
	for field, line := range lines {
		require.Contains(t, mistakes(t, err), field)
		require.Equal(t, line, all.Lines[field], field)
	}
	require.Equal(t, "--listen", all.Mistakes[0].Field)
	require.Contains(t, err.Error(), "\n  max_staleness: must be at least 5s")
	require.Regexp(t, `gate\.colour: is not a setting.* \(line 15\)`, err.Error())
}

// A section can be written in two ways, and what is said in both is said twice.
func TestSectionsInOneLine(t *testing.T) {
	for range 20 { // whichever way a map is read
		cfg, err := config.Load(source(t, "policy.max_ttl: 30d\ngate.listen: 127.0.0.1:1\ngate: {url: https://gate.example.org}\n", nil))
		require.NoError(t, err)
		require.Equal(t, 30*24*time.Hour, cfg.Policy.MaxTTL)
		require.Equal(t, []string{"127.0.0.1:1", "https://gate.example.org"}, []string{cfg.Gate.Listen, cfg.Gate.URL})
	}
	_, err := config.Load(source(t, "policy:\n  max_ttl: 30d\npolicy.max_ttl: 40d\n", nil))
	require.Equal(t, map[string]string{"policy.max_ttl": "is said twice, in the lines 2 and 3; leave out one of them"},
		mistakes(t, err))
}
