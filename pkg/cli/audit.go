package cli

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

func newAuditCommand(a *app) *cobra.Command {
	var key string
	var p paging
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Show who did what to which key",
		Long: `Shows who did what to which key, the newest first. Entries stay when their key
is deleted; such a key is picked by its id.`,
		Example: `  ostiary audit
  ostiary audit --key edge-agents --all
  ostiary audit --limit 500 -o json`,
		Args: arguments(),
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&key, "key", "", "only what was done to the key with this `ID` or name")
	p.add(cmd)
	complete(cmd, "key", a.completeKeys)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := filled(cmd, "key"); err != nil {
			return err
		}
		if err := p.check(cmd); err != nil {
			return err
		}
		c, err := a.connect(cmd)
		if err != nil {
			return err
		}
		q := client.AuditQuery{KeyID: key}
		if _, isID := apikey.ParseID(key); key != "" && !isID {
			k, err := findKey(cmd.Context(), c, key)
			if err != nil {
				return err
			}
			q.KeyID = k.ID
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
		if err := a.showList(api.AuditList{Entries: entries, NextCursor: next}, auditRows(entries), table, "No entries."); err != nil {
			return err
		}
		if next != "" {
			a.say("There are more entries than these %d; --all lists them all.", len(entries))
		}
		return nil
	}
	return cmd
}

func auditRows(entries []api.AuditEntry) [][]string {
	rows := [][]string{{"TIME", "ACTOR", "FROM", "ACTION", "KEY", "NAME", "DETAIL"}}
	for _, e := range entries {
		rows = append(rows, []string{
			e.At.UTC().Format(time.RFC3339), orDash(e.Actor), orDash(e.From), string(e.Action), e.KeyID, e.KeyName, orDash(e.Detail),
		})
	}
	return rows
}
