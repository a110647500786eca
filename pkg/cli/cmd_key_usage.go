package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
)

func newKeyUsage(a *app) *cobra.Command {
	var days int
	cmd := &cobra.Command{
		Use:   "usage ID",
		Short: "Show how often a key was used, by day",
		Long: `Shows how often a key was used on each of the last days, in UTC. What was used
in the last second may be missing. ` + idHelp,
		Example: `  ostiary key usage edge-agents
  ostiary key usage 4fjK2n0qPz7a --days 90 -o json`,
		Args:              arguments("ID"),
		ValidArgsFunction: a.completeKeys,
	}
	cmd.Flags().IntVar(&days, "days", apikey.DefaultUsageDays,
		fmt.Sprintf("this `NUMBER` of days, today included; %d at the most", apikey.UsageRetention))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if days < 1 || days > apikey.UsageRetention {
			return usageError("--days is %d; it must be from 1 to %d", days, apikey.UsageRetention)
		}
		c, k, err := a.connectTo(cmd, args[0])
		if err != nil {
			return err
		}
		usage, err := c.Usage(cmd.Context(), k.ID, days)
		if err != nil {
			return err
		}
		if usage.Total == 0 {
			return a.show(usage, term.Line("The key %q was not used %s.", k.Name, within(days)))
		}
		return a.show(usage, func(w io.Writer) { term.Table(w, usageRows(usage, term.Is(a.out.Writer))) })
	}
	return cmd
}

// within says for people which days were looked at.
func within(days int) string {
	if days == 1 {
		return "today"
	}
	return fmt.Sprintf("within %d days", days)
}

// usageRows are the days with their counts and, for people, a bar for each.
func usageRows(u *api.KeyUsage, bars bool) [][]string {
	var most int64
	for _, d := range u.Days {
		most = max(most, d.Count)
	}
	const head = "COUNT"
	width := max(len(head), len(strconv.FormatInt(most, 10)))
	rows := [][]string{{"DATE", fmt.Sprintf("%*s", width, head)}}
	for _, d := range u.Days {
		row := []string{d.Date, fmt.Sprintf("%*d", width, d.Count)}
		if bars && d.Count > 0 {
			row = append(row, bar(d.Count, most))
		}
		rows = append(rows, row)
	}
	return rows
}

// bar draws a count in proportion to the highest one, in eighths of a character; any count but 0 can be seen.
func bar(count, most int64) string {
	const cells = 32
	eighths := max(1, int(float64(count)/float64(most)*cells*8))
	text := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		text += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return text
}
