package state

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// export writes the keys of a query, and returns what is in the file.
func export(t *testing.T, f ExportFormat, keys iter.Seq2[api.Key, error]) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, Export(file, f, keys, func(int) {}))
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(content)
}

// consoleColumns are those of the file that the console makes.
func consoleColumns(t *testing.T) (names []string) {
	t.Helper()
	source, err := os.ReadFile("../../src/components/exportKeys.ts")
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(`(?m)^ {2}\['(\w+)', `).FindAllSubmatch(source, -1) {
		names = append(names, string(m[1]))
	}
	require.Len(t, names, 20)
	return names
}

func TestKeysAreExported(t *testing.T) {
	s := startServer(t, nil).connect(t)
	issued, err := s.Create(t.Context(), api.CreateKey{
		Name: "edge", Description: "=1+1", Owner: "@sre", Role: "Agent", Pool: "edge", ExpiresIn: "never",
		Labels: map[string]string{"team": "sre", "env": "in use"}, AllowedCIDRs: []string{"10.0.0.0/8", "192.0.2.1"},
		Limits: apikey.Limits{RequestsPerSecond: 50, Burst: 100},
	})
	require.NoError(t, err)
	token, err := issued.Token.Fill("T", "T")
	require.NoError(t, err)
	create(t, s, api.CreateKey{Name: "edge-2", Description: `say "hi", <b>`})
	create(t, s, api.CreateKey{Name: "another"})
	keys := s.Matching(t.Context(), Query{Search: "edge"})

	text := export(t, ExportCSV, keys)
	require.NotContains(t, text, token)
	require.Equal(t, 3, strings.Count(text, "\r\n"))
	table, marked := strings.CutPrefix(text, mark)
	require.True(t, marked)
	lines, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	require.NoError(t, err)
	require.Equal(t, consoleColumns(t), lines[0])
	k := issued.Key
	require.Equal(t, []string{
		k.ID, "edge", "'=1+1", "'@sre", "env=in use, team=sre", "Agent", "edge", "active", "", "", "",
		strings.Join(k.AllowedCIDRs, ", "), "requestsPerSecond=50, burst=100", moment(&k.CreatedAt), k.CreatedBy, "", "", "", "", "0",
	}, lines[1])
	require.Equal(t, `say "hi", <b>`, lines[2][2])

	text = export(t, ExportJSON, keys)
	require.NotContains(t, text, token)
	require.NotContains(t, text, `"actions"`)
	require.Contains(t, text, "<b>")
	var list []api.Key
	require.NoError(t, json.Unmarshal([]byte(text), &list))
	require.Len(t, list, 2)
	require.NotEmpty(t, list[0].Tokens)
	now, err := s.client.Key(t.Context(), k.ID)
	require.NoError(t, err)
	now.Actions = nil
	require.Equal(t, *now, list[0])
	require.Equal(t, "[]\n", export(t, ExportJSON, s.Matching(t.Context(), Query{Search: "nothing"})))
}

func TestNoFieldIsAFormula(t *testing.T) {
	for _, field := range []string{"=1", "+1", "-1", "@a", "\ta", "\ra"} {
		require.Equal(t, "'"+field, harmless(field))
	}
	for _, field := range []string{"", "a=1", " =1", "'=1", "é"} {
		require.Equal(t, field, harmless(field))
	}
}

func TestAnExportOfManyKeys(t *testing.T) {
	srv := startServer(t, nil)
	srv.Fill(t, 1200, "zebra")
	s := srv.connect(t)
	file, all := filepath.Join(t.TempDir(), "keys.csv"), s.Matching(t.Context(), Query{Search: "zebra"})
	var seen []int
	require.NoError(t, Export(file, ExportCSV, all, func(n int) { seen = append(seen, n) }))
	require.Equal(t, []int{500, 1000, 1200}, seen)
	require.ErrorIs(t, Export(file, ExportCSV, all, func(int) {}), fs.ErrExist)

	ctx, stop := context.WithCancel(t.Context())
	stopped := filepath.Join(t.TempDir(), "keys.csv")
	err := Export(stopped, ExportCSV, s.Matching(ctx, Query{}), func(int) { stop() })
	require.ErrorIs(t, err, context.Canceled)
	require.NoFileExists(t, stopped)
}
