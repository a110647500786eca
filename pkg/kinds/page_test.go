package kinds_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/kinds"
)

var update = flag.Bool("update", false, "write the tables of docs/kinds.md")

const (
	pageFile = "../../docs/kinds.md"
	madeFrom = "<!-- The rest is made from pkg/kinds: go generate ./pkg/kinds -->\n"
)

// The page lists every route, as the tables have it now.
func TestThePageIsMadeFromTheTables(t *testing.T) {
	content, err := os.ReadFile(pageFile)
	require.NoError(t, err)
	byHand, _, found := strings.Cut(string(content), madeFrom)
	require.True(t, found, "the page says what of it is made")
	page := byHand + madeFrom + tables()
	if *update {
		require.NoError(t, os.WriteFile(pageFile, []byte(page), 0o600))
		return
	}
	require.Equal(t, page, string(content), "out of date; run: go generate ./pkg/kinds")
}

func tables() string {
	var b strings.Builder
	for _, kind := range kinds.All() {
		fmt.Fprintf(&b, "\n## %s\n\n`kind: %s`: %d routes of %s %s.\n", kind.Title, kind.Name, len(kind.Routes), kind.Title, kind.Versions)
		if kind.Tenant != "" {
			fmt.Fprintf(&b, "It takes a tenant from `%s`.\n", kind.Tenant)
		}
		fmt.Fprintf(&b, "Read from %s.\nClosed: %s\n\n", kind.Source, kind.Closed)
		b.WriteString("| takes | methods | path | what for | versions |\n| --- | --- | --- | --- | --- |\n")
		for _, r := range kind.Routes {
			methods := strings.ReplaceAll(r.Methods, " ", ", ")
			if r.Methods == kinds.AnyMethod {
				methods = "any"
			}
			fmt.Fprintf(&b, "| `%s` | %s | `%s` | %s | %s |\n", r.Takes, methods, r.Pattern, r.What, r.In)
		}
	}
	return b.String()
}
