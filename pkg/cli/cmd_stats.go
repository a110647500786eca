package cli

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/client"
)

func newStatsCommand(a *app) *cobra.Command {
	var since, step, key string
	var q client.StatsQuery
	cmd := &cobra.Command{
		Use:   "stats",
		Short: "Show how many requests were let in and refused",
		Long: `Shows how many requests were let in and refused over time, why and at which
endpoints, how many keys there are, which end next and which are used most.
Counts are kept for 30 days; those of the last second may be missing. Those of
one key are by day.`,
		Example: `  ostiary stats
  ostiary stats --since 7d --step 1d
  ostiary stats --endpoint loki --since 1h
  ostiary stats --key edge-agents -o json`,
		Args: arguments(),
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&since, "since", "", "from so long ago: `TIME` such as 24h or 7d, 30d at most (default 24h)")
	cmd.Flags().StringVar(&step, "step", "", "`TIME` that a line stands for: 1h or 1d (default 1h)")
	cmd.Flags().StringVar(&q.Endpoint, "endpoint", "", "only requests to the endpoint with this `NAME`")
	cmd.Flags().StringVar(&key, "key", "", "only requests with the key that has this `ID` or name")
	complete(cmd, "step", fixedCompletions("1h", "1d"))
	complete(cmd, "key", a.completeKeys)
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if err := filled(cmd, "since", "step", "endpoint", "key"); err != nil {
			return err
		}
		if since != "" {
			if q.Since, err = apikey.ParseTTL(since); err != nil || q.Since <= 0 {
				return usageError("--since: %q is not how long ago; write it like 24h or 7d", since)
			}
		}
		if q.Step, err = parseStep(step); err != nil {
			return err
		}
		c, err := a.connect(cmd)
		if err != nil {
			return err
		}
		if q.KeyID, err = findID(cmd.Context(), c, key); err != nil {
			return err
		}
		stats, err := c.Stats(cmd.Context(), q)
		if err != nil {
			return err
		}
		return a.show(stats, func(w io.Writer) { writeStats(w, stats, time.Now(), term.Is(a.out.Writer)) })
	}
	return cmd
}

func parseStep(text string) (apikey.Step, error) {
	switch text {
	case "":
		return 0, nil
	case apikey.StepHour.String():
		return apikey.StepHour, nil
	case apikey.StepDay.String():
		return apikey.StepDay, nil
	}
	return 0, usageError("--step: %q is no step; use 1h or 1d", text)
}

// writeStats writes numbers as tables, one below the other.
func writeStats(w io.Writer, s *api.Stats, now time.Time, bars bool) {
	term.Table(w, pointRows(s, bars))
	tables := [][][]string{codeRows(s.Codes), endpointRows(s.Endpoints), stateRows(s.Keys), endRows(s.Ending, now),
		usedRows(s.MostUsed)}
	for _, rows := range tables {
		if len(rows) > 1 {
			_, _ = fmt.Fprintln(w) // into a buffer, which takes everything
			term.Table(w, rows)
		}
	}
}

// pointRows are the points, their sums and, for people, a bar for each.
func pointRows(s *api.Stats, bars bool) [][]string {
	layout := "2006-01-02 15:04"
	if s.Step == apikey.StepDay.String() {
		layout = time.DateOnly
	}
	var most int64
	for _, p := range s.Points {
		most = max(most, p.Allowed+p.Denied)
	}
	rows := [][]string{{"TIME (UTC)", "ALLOWED", "DENIED"}}
	for _, p := range s.Points {
		row := []string{p.At.UTC().Format(layout), number(p.Allowed), number(p.Denied)}
		if all := p.Allowed + p.Denied; bars && all > 0 {
			row = append(row, bar(all, most))
		}
		rows = append(rows, row)
	}
	return append(rows, []string{"all", number(s.Allowed), number(s.Denied)})
}

func codeRows(codes []api.StatsCode) [][]string {
	rows := [][]string{{"CODE", "REQUESTS"}}
	for _, c := range codes {
		rows = append(rows, []string{c.Code, number(c.Requests)})
	}
	return rows
}

func endpointRows(endpoints []api.StatsEndpoint) [][]string {
	rows := [][]string{{"ENDPOINT", "ALLOWED", "DENIED"}}
	for _, e := range endpoints {
		rows = append(rows, []string{term.OrDash(e.Endpoint), number(e.Allowed), number(e.Denied)})
	}
	return rows
}

func stateRows(k api.StatsKeys) [][]string {
	return [][]string{
		{"KEYS", "COUNT"}, {"all", number(k.Total)}, {"active", number(k.Active)}, {"disabled", number(k.Disabled)},
		{"expired", number(k.Expired)}, {"revoked", number(k.Revoked)}, {"ending within 30 days", number(k.EndingSoon)},
		{"never used", number(k.NeverUsed)}, {"unused for 90 days", number(k.Unused90d)},
	}
}

func endRows(ending []api.EndingKey, now time.Time) [][]string {
	rows := [][]string{{"ENDS NEXT", "NAME", "OWNER", "ID"}}
	for _, k := range ending {
		rows = append(rows, []string{term.Exactly(k.ExpiresAt, now), k.Name, term.OrDash(k.Owner), k.ID})
	}
	return rows
}

func usedRows(used []api.UsedKey) [][]string {
	rows := [][]string{{"USED MOST", "OWNER", "ID", "REQUESTS", "DENIED"}}
	for _, k := range used {
		rows = append(rows, []string{k.Name, term.OrDash(k.Owner), k.ID, number(k.Requests), number(k.Denied)})
	}
	return rows
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
