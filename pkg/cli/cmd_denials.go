package cli

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/client"
)

func newDenialsCommand(a *app) *cobra.Command {
	var key, since string
	var follow bool
	var q client.DenialQuery
	var p paging
	cmd := &cobra.Command{
		Use:   "denials",
		Short: "Show why requests were refused",
		Long: `Shows which requests were refused and why, the newest first: what the client was
told, its address and program, and the key if one was recognised. Requests that
are alike and come soon after one another are one entry with a count. Entries
are kept for 7 days, and 100,000 of an organization at most.

--follow shows them as they happen, the oldest first, until it is stopped.`,
		Example: `  ostiary denials --since 1h
  ostiary denials --key edge-agents
  ostiary denials --search 192.0.2.7
  ostiary denials --code expired --endpoint loki
  ostiary denials --follow`,
		Args: arguments(),
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "show them as they happen")
	cmd.Flags().StringVar(&key, "key", "",
		"only those of the key or token with this `ID`, or of the key with this name")
	cmd.Flags().StringVar(&q.Code, "code", "", "only those with this `CODE`, such as expired or invalid_token")
	cmd.Flags().StringVar(&q.Endpoint, "endpoint", "", "only those of the endpoint with this `NAME`")
	cmd.Flags().StringVar(&since, "since", "",
		"only those from then on: `TIME` ago, such as 12h or 7d, a day, yyyy-MM-dd (UTC), or a moment")
	cmd.Flags().StringVarP(&q.Search, "search", "q", "",
		"only those that have all words of this `TEXT` in address, path, program, ids, code or the key's name")
	p.add(cmd)
	complete(cmd, "key", a.completeKeys)
	complete(cmd, "endpoint", a.completeEndpoints)
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if err := filled(cmd, "key", "code", "endpoint", "since", "search"); err != nil {
			return err
		}
		if err := p.check(cmd); err != nil {
			return err
		}
		if q.Since, err = parseSince(since, time.Now()); err != nil {
			return err
		}
		c, err := a.connect(cmd)
		if err != nil {
			return err
		}
		if q.KeyID, err = findID(cmd.Context(), c, key); err != nil {
			return err
		}
		if q.Endpoint != "" {
			a.warnOfEndpoints(cmd.Context(), c, []string{q.Endpoint})
		}
		if follow {
			return a.followDenials(cmd, c, q)
		}
		return a.listDenials(cmd, c, q, p)
	}
	return cmd
}

func (a *app) listDenials(cmd *cobra.Command, c *client.Client, q client.DenialQuery, p paging) error {
	denials, next, err := collect(p, func(cursor string, limit int) ([]api.Denial, string, error) {
		q.Cursor, q.Limit = cursor, limit
		page, err := c.Denials(cmd.Context(), q)
		if err != nil {
			return nil, "", err
		}
		return page.Denials, page.NextCursor, nil
	})
	if err != nil {
		return err
	}
	rows := [][]string{{"TIME", "CODE", "KEY", "ENDPOINT", "REQUEST", "ADDRESS", "COUNT", "PROGRAM", "REASON"}}
	for i := range denials {
		rows = append(rows, denialRow(&denials[i]))
	}
	if err := a.showList(api.DenialList{Denials: denials, NextCursor: next}, rows, term.Table,
		"No refused requests."); err != nil {
		return err
	}
	if next != "" {
		a.say("There are more entries than these %d; --all lists them all.", len(denials))
	}
	return nil
}

func denialRow(d *api.Denial) []string {
	key := d.KeyName
	if key == "" {
		key = d.KeyID
	}
	if key == "" && d.TokenID != "" {
		key = "? " + d.TokenID // what was sent, and is no token here
	}
	return []string{
		d.At.UTC().Format(time.RFC3339), d.Code, term.OrDash(key), term.OrDash(d.Endpoint),
		term.OrDash(strings.TrimSpace(d.Method + " " + d.Path)),
		term.OrDash(d.Address), strconv.FormatInt(d.Count, 10), term.OrDash(d.UserAgent), d.Reason,
	}
}

// followDenials prints each as it comes: a line, or a line of JSON.
func (a *app) followDenials(cmd *cobra.Command, c *client.Client, q client.DenialQuery) error {
	for d, err := range c.FollowDenials(cmd.Context(), q) {
		if err != nil {
			return err
		}
		line, err := json.Marshal(d)
		if a.flags.output == formatTable {
			r := denialRow(&d)
			line = []byte(term.Printable(fmt.Sprintf("%s  %s  %s  %s  %s  %s ×%s  %s", r[0], r[1], r[2], r[3], r[4],
				r[5], r[6], d.Reason)))
		}
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(a.out, string(line)); err != nil {
			return err
		}
	}
	return nil
}
