package term

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
)

func TestQuote(t *testing.T) {
	for word, want := range map[string]string{
		"edge-agents":           "edge-agents",
		"http://localhost:7171": "http://localhost:7171",
		"":                      "''",
		"two words":             "'two words'",
		"it's":                  `'it'\''s'`,
		"$(reboot)":             "'$(reboot)'",
	} {
		require.Equal(t, want, Quote(word))
		out, err := exec.Command("sh", "-c", "printf %s "+Quote(word)).Output()
		require.NoError(t, err)
		require.Equal(t, word, string(out))
	}
}

func TestRelative(t *testing.T) {
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	for d, want := range map[time.Duration]string{
		0:                       "now",
		-499 * time.Millisecond: "now",
		time.Second:             "in 1 second",
		-42 * time.Second:       "42 seconds ago",
		-90 * time.Second:       "2 minutes ago",
		60 * time.Minute:        "in 60 minutes",
		-47 * time.Hour:         "2 days ago",
		36 * time.Hour:          "in 2 days",
		35 * time.Hour:          "in 35 hours",
		30 * time.Hour:          "in 30 hours",
		90*day - time.Second:    "in 90 days",
		-365 * day:              "365 days ago",
		10 * 365 * day:          "in 10 years",
		-2*time.Hour - 100000:   "2 hours ago",
	} {
		require.Equal(t, want, Relative(now.Add(d), now))
	}
}

// What is cut is as wide as a terminal shows it.
func TestCut(t *testing.T) {
	for cell, want := range map[string]string{
		"":                              "",
		strings.Repeat("ä", 60):         strings.Repeat("ä", 60),
		strings.Repeat("x", 400):        strings.Repeat("x", 59) + "…",
		strings.Repeat("日本", 20):        strings.Repeat("日本", 14) + "日…",
		"a\n" + strings.Repeat("b", 99): "a " + strings.Repeat("b", 57) + "…",
	} {
		require.Equal(t, want, Cut(cell))
	}
}

// What comes from a server cannot steer the terminal or break the columns.
func TestTableIsSafe(t *testing.T) {
	var out bytes.Buffer
	Table(&out, [][]string{{"A", "B"}, {"x\x1b[31m\ty\nz", "\u202eright"}, {"größer", "ok"}})
	require.Equal(t, "A           B\nx\ufffd[31m y z  \ufffdright\ngrößer      ok\n", out.String())
}

// Nor can it in JSON, which says the same.
func TestJSONIsSafe(t *testing.T) {
	var out bytes.Buffer
	const text = "x\x1b[31m \u009b31m \x7f \u202eright \u2028 größer <&> \\ \n"
	require.NoError(t, JSON(&out, map[string]string{"a": text}))
	require.Contains(t, out.String(), `"x\u001b[31m \u009b31m \u007f \u202eright \u2028 größer <&> \\ \n"`)
	var back map[string]string
	require.NoError(t, json.Unmarshal(out.Bytes(), &back))
	require.Equal(t, text, back["a"])
}

func TestYAMLSaysWhatJSONSays(t *testing.T) {
	var out bytes.Buffer
	when := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	require.NoError(t, YAML(&out, api.Key{Name: "true", Description: "two\nlines: \"<&>\" 😀\u2028", Number: 17, Endpoints: []string{}, ExpiresAt: &when}))
	for _, line := range []string{`name: "true"`, "number: 17", "endpoints: []", "expiresAt: \"2026-01-31T12:00:00Z\"", "revokedAt: null"} {
		require.Contains(t, out.String(), line+"\n")
	}
}

// A terminal shows some characters twice as wide as others, and some not at
// all.
func TestColumnsAreAsWideAsATerminalShowsThem(t *testing.T) {
	rows := [][]string{{"NAME", "ROLE", "X"}, {"東京-agents", "Agent", "1"}, {"deploy 🚀", "管理", "2"}, {"cafe\u0301", "Admin", "3"}, {"plain", "Viewer", "4"}}
	var out bytes.Buffer
	Table(&out, rows)
	require.Equal(t, "NAME         ROLE    X\n"+
		"東京-agents  Agent   1\n"+
		"deploy 🚀    管理    2\n"+
		"cafe\u0301         Admin   3\n"+
		"plain        Viewer  4\n", out.String())
}
