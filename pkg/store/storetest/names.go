package storetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// oldNames are names of keys from when they were kept as they were typed, each
// with what becomes of it. All of them are in one organization.
var oldNames = []struct{ typed, kept string }{
	{"plain", "plain"},
	{"Zürich", "Zürich"},
	{"Zu\u0308rich", "Zürich (name00000003)"},
	{"e\u0301dge", "édge"},
	{"\u212bngstro\u0308m", "Ångström"},
	{"A\u030angstr\u00f6m", "Ångström (name00000006)"},
	{strings.Repeat("ü", 250), strings.Repeat("ü", 250)},
	{strings.Repeat("u\u0308", 250), strings.Repeat("ü", 255-15) + " (name00000008)"},
}

// OldNames returns the rows of keys with such names.
func OldNames() (rows []OldRow) {
	var key, usage OldRow
	for _, row := range OldChains() {
		switch {
		case row.Table == "keys" && slices.Contains(row.Values, any("plain")):
			key = row
		case row.Table == "usage" && usage.Table == "":
			usage = row
		}
	}
	for i, n := range oldNames {
		k, u := OldRow{key.Table, key.Columns, slices.Clone(key.Values)}, OldRow{usage.Table, usage.Columns,
			slices.Clone(usage.Values)}
		for column, value := range map[string]any{
			"number": int64(i + 1), "seq": int64(i + 1), "id": nameID(i), "org_id": int64(1), "name": n.typed,
			"name_folded": strings.ToLower(n.typed),
			"description": n.typed, "description_folded": strings.ToLower(n.typed),
		} {
			k.Values[slices.Index(k.Columns, column)] = value
		}
		u.Values[slices.Index(u.Columns, "number")], u.Values[slices.Index(u.Columns, "org_id")] = int64(i+1), int64(1)
		rows = append(rows, k, u)
	}
	return rows
}

func nameID(i int) string { return "name0000000" + string(rune('1'+i)) }

// RequireNormal looks whether a store that was made of OldNames has them in the
// form in which names are kept, and finds them.
func RequireNormal(t *testing.T, s apikey.Store) {
	t.Helper()
	for i, n := range oldNames {
		k, err := s.Key(t.Context(), 1, nameID(i))
		require.NoError(t, err)
		require.Equal(t, n.kept, k.Name)
		require.NoError(t, apikey.CheckName(k.Name))
		require.Equal(t, apikey.Normal(n.typed), k.Description)
		if n.typed == n.kept {
			continue // which no upgrade indexes
		}
		found, err := s.Keys(t.Context(),
			apikey.Query{OrgID: 1, Search: strings.ToUpper(k.Name), Limit: 100, Now: time.Now()})
		require.NoError(t, err)
		require.True(t, slices.ContainsFunc(found, func(f *apikey.Key) bool { return f.ID == k.ID }),
			"%s is found by its name", k.Name)
	}
}
