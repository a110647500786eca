package cli

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/client"
)

func newAuditCommand(a *app) *cobra.Command {
	var key, since string
	var q client.AuditQuery
	var p paging
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Show who did what to which key",
		Long: `Shows who did what to which key, the newest first. Entries stay when their key
is deleted; such a key is picked by its id.`,
		Example: `  ostiary audit
  ostiary audit --key edge-agents --all
  ostiary audit --action revoke --since 7d
  ostiary audit --actor grace --since 2027-01-31
  ostiary audit --search '10.0.0.0/8 edge'
  ostiary audit --limit 500 -o json`,
		Args: arguments(),
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&key, "key", "", "only what was done to the key with this `ID` or name")
	cmd.Flags().StringVar(&q.Action, "action", "", "only what is called so: `ACTION`, such as create, rotate or revoke")
	cmd.Flags().StringVar(&q.Actor, "actor", "", "only what was done by the login or key with this `NAME`")
	cmd.Flags().StringVar(&since, "since", "",
		"only what was done from then on: `TIME` ago, such as 12h or 7d, a day, yyyy-MM-dd (UTC), or a moment")
	cmd.Flags().StringVarP(&q.Search, "search", "q", "",
		"only what has all words of this `TEXT` in the key's or the endpoint's name, the actor, the request, or a value")
	p.add(cmd)
	cmd.AddCommand(newAuditVerifyCommand(a))
	var names []string
	for _, a := range apikey.Actions() {
		names = append(names, string(a))
	}
	complete(cmd, "action", fixedCompletions(names...))
	complete(cmd, "key", a.completeKeys)
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if err := filled(cmd, "key", "action", "actor", "since", "search"); err != nil {
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
		entries, next, err := collect(p, func(cursor string, limit int) ([]api.AuditEntry, string, error) {
			q.Cursor, q.Limit = cursor, limit
			page, err := c.Audit(cmd.Context(), q)
			if err != nil {
				return nil, "", err
			}
			return page.Entries, page.NextCursor, nil
		})
		if err != nil {
			return err
		}
		if err := a.showList(api.AuditList{Entries: entries, NextCursor: next}, auditRows(entries), term.Table,
			"No entries."); err != nil {
			return err
		}
		if next != "" {
			a.say("There are more entries than these %d; --all lists them all.", len(entries))
		}
		return nil
	}
	return cmd
}

// parseSince reads a moment in the past, or how long ago it was. None is the
// zero time.
func parseSince(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if ago, err := apikey.ParseTTL(s); err == nil && ago > 0 {
		return now.Add(-ago), nil
	}
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return at, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, s, time.UTC)
	if err != nil {
		return time.Time{}, usageError(
			"--since: %q is not a time; write it like 12h, 7d, 2027-01-31 or 2027-01-31T12:00:00Z",
			s,
		)
	}
	return day, nil
}

// fieldNames are the fields of which a table says more readably what they are.
var fieldNames = map[string]string{"allowedCidrs": "addresses", "expiresAt": "expires"}

// auditDetail says in words what was done.
func auditDetail(d apikey.AuditData) string {
	var parts []string
	if d.Origin != nil {
		parts = append(parts, fmt.Sprintf("from %s, number %s", d.Origin.System, d.Origin.Number))
	}
	for _, c := range d.Changes {
		name := cmp.Or(fieldNames[c.Field], c.Field)
		if c.From == nil && c.To != nil || c.From == nil && c.Field == "expiresAt" {
			parts = append(parts, name+" "+auditValue(c.Field, c.To))
		} else {
			parts = append(parts,
				fmt.Sprintf("%s from %s to %s", name, auditValue(c.Field, c.From), auditValue(c.Field, c.To)))
		}
	}
	if d.TokenID != "" {
		parts = append(parts, "token "+d.TokenID)
	}
	if d.Where != "" {
		parts = append(parts, "found at "+strconv.Quote(d.Where))
	}
	if !d.Until.IsZero() {
		parts = append(parts, "the one before works until "+d.Until.UTC().Format(time.RFC3339))
	}
	if d.State != "" {
		parts = append(parts, "was "+string(d.State))
	}
	if d.Pool != "" {
		parts = append(parts, "pool "+d.Pool)
	}
	if d.Endpoint != "" {
		parts = append(parts, "endpoint "+d.Endpoint)
	}
	if d.Via != "" {
		parts = append(parts, "with "+map[string]string{"key": "a key", "grafana": "Grafana's sign-in"}[d.Via])
	}
	if d.Code != "" {
		parts = append(parts, string(d.Code))
	}
	if d.Request != "" {
		parts = append(parts, strconv.Quote(d.Request))
	}
	if d.UserAgent != "" {
		parts = append(parts, "by "+strconv.Quote(d.UserAgent))
	}
	if d.Count != 0 {
		parts = append(parts, fmt.Sprintf("%d more times", d.Count))
	}
	if d.File != "" {
		parts = append(parts, "file "+strconv.Quote(d.File))
	}
	if d.Trail != nil {
		parts = append(parts, fmt.Sprintf("%s, up to number %d", term.Count(int(d.Trail.Count), "entry"), d.Trail.Last))
	}
	if d.Note != "" {
		parts = append(parts, d.Note)
	}
	return strings.Join(parts, "; ")
}

// auditValue writes a value so that it cannot be taken for anything else: text from users is quoted.
func auditValue(field string, v any) string {
	switch v := v.(type) {
	case nil:
		switch field {
		case "expiresAt":
			return "never"
		case "endpoints", "allowedCidrs":
			return "all"
		}
		return "none"
	case []string:
		return strings.Join(v, ", ")
	case string:
		if field != "role" && field != "pool" && field != "expiresAt" {
			return strconv.Quote(v)
		}
	}
	return fmt.Sprint(v)
}

func auditRows(entries []api.AuditEntry) [][]string {
	rows := [][]string{{"TIME", "ACTOR", "FROM", "ACTION", "KEY", "NAME", "DETAIL"}}
	for _, e := range entries {
		rows = append(rows, []string{
			e.At.UTC().Format(time.RFC3339), term.OrDash(e.Actor), term.OrDash(e.From), string(e.Action),
			term.OrDash(e.KeyID), term.OrDash(e.KeyName), term.OrDash(auditDetail(e.AuditData)),
		})
	}
	return rows
}
