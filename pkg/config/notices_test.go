package config_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/notice"
)

const secretOfHooks = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// noticesFrom loads a file beside which the secrets are.
func noticesFrom(t *testing.T, yaml string) (*config.Config, error) {
	t.Helper()
	src := source(t, yaml, nil)
	for name, content := range map[string]string{"hook.secret": secretOfHooks, "smtp.pass": "mail-password", "weak.secret": "short", "empty": ""} {
		require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(src.File), name), []byte(content+"\n"), 0o600))
	}
	return config.Load(src)
}

func TestNotices(t *testing.T) {
	cfg, err := noticesFrom(t, "")
	require.NoError(t, err)
	const day = 24 * time.Hour
	require.Equal(t, notice.Config{BeforeEnd: []time.Duration{30 * day, 7 * day, day}, Unused: 90 * day}, cfg.Notices)

	cfg, err = noticesFrom(t, `
notices:
  before_end: [14d, 12h]
  unused: 0
  to:
    - {webhook: "https://hooks.example.com/a?b", secret_file: hook.secret, events: ["key.*", gate.closed], labels: {team: sre, tier: 1}}
    - {email: {smtp: "smtps://user@mail:465", password_file: smtp.pass, from: keys@example.com, to: [owner, ops@example.com]}}
    - {email: {smtp: "smtp://localhost", from: "Keys <keys@example.com>", to: ops@example.com}, events: key.ending}
    - {alertmanager: "http://127.0.0.1:9093"}
`)
	require.NoError(t, err)
	n := cfg.Notices
	require.Equal(t, []time.Duration{14 * day, 12 * time.Hour}, n.BeforeEnd)
	require.Zero(t, n.Unused)
	require.Len(t, n.To, 4)
	require.Equal(t, "https://hooks.example.com/a?b", n.To[0].Webhook.URL.String())
	require.Equal(t, secretOfHooks, n.To[0].Webhook.Secret)
	require.Equal(t, []string{"key.*", "gate.closed"}, n.To[0].Events)
	require.Equal(t, map[string]string{"team": "sre", "tier": "1"}, n.To[0].Labels)
	require.Equal(t, "mail-password", n.To[1].Email.Password)
	require.Equal(t, []string{notice.Owner, "ops@example.com"}, n.To[1].Email.To)
	require.Equal(t, []string{"ops@example.com"}, n.To[2].Email.To)
	require.Equal(t, []string{"key.ending"}, n.To[2].Events)
	require.Equal(t, "127.0.0.1:9093", n.To[3].Alertmanager.URL.Host)

	cfg, err = noticesFrom(t, "notices: {before_end: []}")
	require.NoError(t, err)
	require.Empty(t, cfg.Notices.BeforeEnd)
}

// TestMistakesInNotices reports all of them together, and none says a secret.
func TestMistakesInNotices(t *testing.T) {
	_, err := noticesFrom(t, `
notices:
  before_end: [soon, 0]
  unused: never-ever
  to:
    - {webhook: "ftp://example.com", secret_file: hook.secret, event: ["key.*"]}
    - {webhook: "https://example.com"}
    - {webhook: "https://example.com", secret_file: weak.secret}
    - {webhook: "https://example.com", secret_file: missing.secret}
    - {webhook: "https://example.com", secret_file: empty, events: ["key.*", "keys.*", "key.endng"]}
    - {webhook: "https://example.com", secret_file: hook.secret, alertmanager: "http://x"}
    - {events: ["key.*"]}
    - word
    - {alertmanager: "127.0.0.1:9093", secret_file: hook.secret, labels: {Team: x}}
    - {email: {smtp: "smtp://user:in-the-address@mail", from: keys, to: [owners], tls: true}}
    - {email: {smtp: "smtp://user@mail", from: keys@example.com}}
    - {email: {smtp: "smtp://mail", password_file: smtp.pass, from: keys@example.com, to: [owner]}}
    - {email: "ops@example.com"}
    - {email: {smtp: "mail:25", from: "a@example.com\nBcc: b@example.com", to: [owner]}, labels: sre}
`)
	wrong := mistakes(t, err)
	for field, says := range map[string]string{
		"notices.before_end":                 "is no time before the end",
		"notices.unused":                     "never-ever",
		"notices.to[0].webhook":              "is not an address such as https://",
		"notices.to[0].event":                "there are webhook, email, alertmanager, secret_file, events, labels",
		"notices.to[1].secret_file":          "is missing; it names a file",
		"notices.to[2].secret_file":          "can be guessed",
		"notices.to[3].secret_file":          "cannot be read",
		"notices.to[4].secret_file":          "",
		"notices.to[4].events":               `"key.endng" fits no event; there are key.ending, key.ended,`,
		"notices.to[5]":                      "must have one of webhook, email, alertmanager, and has webhook and alertmanager",
		"notices.to[6]":                      "has none of them",
		"notices.to[7]":                      "must have fields",
		"notices.to[8].alertmanager":         "is not an address",
		"notices.to[8].secret_file":          "alertmanager has no signature",
		"notices.to[8].labels":               "Team",
		"notices.to[9].email.smtp":           "holds a password",
		"notices.to[9].email.from":           `"keys" is no address of mail`,
		"notices.to[9].email.to":             `"owners" is no address of mail`,
		"notices.to[9].email.tls":            "there are smtp, password_file, from, to",
		"notices.to[10].email.password_file": "is missing",
		"notices.to[10].email.to":            "is missing",
		"notices.to[11].email.smtp":          "names no user",
		"notices.to[12].email":               "must have the fields",
		"notices.to[13].email.smtp":          "must begin with smtp://",
		"notices.to[13].email.from":          "is no address of mail",
		"notices.to[13].labels":              "must be labels",
	} {
		require.Contains(t, wrong, field)
		require.Contains(t, wrong[field], says, field)
	}
	for _, hidden := range []string{"in-the-address", "mail-password", secretOfHooks, "MfKQ9r8G"} {
		require.NotContains(t, err.Error(), hidden)
	}

	for yaml, field := range map[string]string{
		"notices: {to: {webhook: x}}": "notices.to",
		"notices: {to: x}":            "notices.to",
		"notices: {befor_end: 1d}":    "notices.befor_end",
		"notices: [1]":                "notices",
		"notices: {to: [[a]]}":        "notices.to[0]",
	} {
		_, err := noticesFrom(t, yaml)
		require.Contains(t, mistakes(t, err), field, yaml)
	}
}
