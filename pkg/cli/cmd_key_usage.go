package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
)

func newKeyUsage(a *app) *cobra.Command {
	var days int
	cmd := &cobra.Command{
		Use:   "usage ID",
		Short: "Show how often a key was used and refused, by day",
		Long: `Shows how often a key was let in (COUNT) and refused (DENIED) on each of the
last days, in UTC, and where it was sent within 30 days at most: to which path,
as the endpoint says it, by which method. An empty path is a request of which a
proxy names the endpoint alone. What was sent in the last second may be missing.
Why it was refused: ostiary denials --key ID. ` + idHelp,
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
		if usage.Total+usage.Denied == 0 {
			return a.show(usage, term.Line("The key %q was not used %s.", k.Name, within(days)))
		}
		return a.show(usage, func(w io.Writer) {
			term.Table(w, usageRows(usage, term.Is(a.out.Writer)))
			if len(usage.Rules) > 0 {
				_, _ = fmt.Fprintln(w)
				term.Table(w, ruleRows(usage.Rules, time.Now()))
			}
		})
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
	var most, mostDenied int64
	for _, d := range u.Days {
		most, mostDenied = max(most, d.Count), max(mostDenied, d.Denied)
	}
	const head, deniedHead = "COUNT", "DENIED"
	width := max(len(head), len(strconv.FormatInt(most, 10)))
	deniedWidth := max(len(deniedHead), len(strconv.FormatInt(mostDenied, 10)))
	rows := [][]string{{"DATE", fmt.Sprintf("%*s", width, head), fmt.Sprintf("%*s", deniedWidth, deniedHead)}}
	for _, d := range u.Days {
		row := []string{d.Date, fmt.Sprintf("%*d", width, d.Count), fmt.Sprintf("%*d", deniedWidth, d.Denied)}
		if bars && d.Count > 0 {
			row = append(row, bar(d.Count, most))
		}
		rows = append(rows, row)
	}
	return rows
}

// ruleRows say where a key was sent.
func ruleRows(rules []api.RuleUsage, now time.Time) [][]string {
	rows := [][]string{{"ENDPOINT", "METHOD", "PATH", "COUNT", "DENIED", "LAST LET IN", "LAST REFUSED"}}
	for _, r := range rules {
		rows = append(rows, []string{
			term.OrDash(r.Endpoint), term.OrDash(r.Method), term.OrDash(r.Path), strconv.FormatInt(r.Allowed, 10),
			strconv.FormatInt(r.Denied, 10), lastAt(r.AllowedAt, now), lastAt(r.DeniedAt, now),
		})
	}
	return rows
}

func lastAt(t *time.Time, now time.Time) string {
	if t == nil {
		return "never"
	}
	return term.Relative(*t, now)
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
