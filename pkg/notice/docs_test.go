package notice_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// TestEveryEventIsDocumented holds the table of docs/notices.md.
func TestEveryEventIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/notices.md")
	require.NoError(t, err)
	var documented []apikey.Event
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\|").FindAllStringSubmatch(string(page), -1) {
		documented = append(documented, apikey.Event(row[1]))
	}
	require.Equal(t, apikey.Events(), documented)
}
