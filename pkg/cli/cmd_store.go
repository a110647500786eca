package cli

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/admin"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/config"
)

// newStoreCommand makes "ostiary store".
func newStoreCommand(a *app) *cobra.Command {
	return offline(group(&cobra.Command{
		Use:   "store",
		Short: "Look after the store of a server of your own",
		Long: `A store is where a server keeps its keys: SQLite in the data directory, or a
PostgreSQL database. These commands work on stores themselves, without a server.`,
		Example: `  ostiary store backup /backup/ostiary.db
  ostiary store restore /backup/ostiary-2027-01-31.db
  ostiary store copy --from sqlite --to postgres://ostiary@db.example.com/ostiary`,
	}, newStoreCopyCommand(a), newStoreBackupCommand(a), newStoreRestoreCommand(a), newStoreCheckCommand(a)))
}

func newStoreCopyCommand(a *app) *cobra.Command {
	var c admin.Copy
	cmd := offline(&cobra.Command{
		Use:   "copy --from STORE --to STORE",
		Short: "Copy a whole key store into another, and check the copy",
		Long: `Copy a whole key store into another: keys with their ids, digests and numbers,
usage, pools, the change feed and the audit trail. Keys keep working.

A STORE is "sqlite", the database in the data directory; "sqlite:PATH"; an
address such as postgres://user@host:5432/database; or "@FILE", a file that
holds one of these, which keeps a password in it out of the list of processes.

Stop the servers on both stores first: what they do meanwhile is not in the
copy, so a store that a server has open is refused. (That cannot be seen on
Windows, behind a pooler, or in engines that only speak PostgreSQL's protocol.)
To try a copy while servers run, make a backup, and copy that.

The target must be empty, or hold nothing that the source does not know. A copy
that was interrupted is not opened by any server; run the same command again,
and it goes on where it was. At the end both stores are counted and compared.

The pepper is not in the store: it is a file, which the servers on the new
store need as well. This command needs it for the entry in the audit trail; it
looks beside a database that is named by its path, and in the data directory.`,
		Example: `  # From one machine to PostgreSQL
  ostiary store copy --from sqlite --to postgres://ostiary@db.example.com/ostiary --data-dir ./data

  # And back, with the address in a file
  ostiary store copy --from @/etc/ostiary/store --to sqlite:./back/ostiary.db

  # A backup
  ostiary store copy --from sqlite:/backup/ostiary.db --to sqlite:./try/ostiary.db --pepper-file ./data/pepper`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "from", "to"); err != nil {
				return err
			}
			if err := filled(cmd, "from", "to"); err != nil {
				return err
			}
			if err := refusePassword(cmd, "from", "to"); err != nil {
				return err
			}
			cfg, err := loadConfig(cmd)
			if err != nil {
				return err
			}
			c.DataDir, c.Pepper = cfg.DataDir, cfg.Pepper
			c.Warn = func(text string) { a.say("ostiary: warning: %s", text) }
			p := &copyProgress{w: a.err}
			results, err := c.Run(cmd.Context(), p.show)
			if err != nil {
				return err
			}
			return a.showCopy(results)
		},
	})
	cmd.Flags().StringVar(&c.From, "from", "", "`STORE` to copy")
	cmd.Flags().StringVar(&c.To, "to", "", "`STORE` to copy to")
	addSettings(cmd, "data_dir", "pepper_file", "pepper.passphrase_file", "pepper.key_file")
	return cmd
}

// refusePassword fails if one of the flags is the address of a store with a
// password in it, which every user of the machine could list.
func refusePassword(cmd *cobra.Command, flags ...string) error {
	for _, flag := range flags {
		if config.HoldsPassword(cmd.Flags().Lookup(flag).Value.String()) {
			return usageError("--%s has a password in it, which every user of this machine can list; write the address into a file that is yours alone, and give --%s @FILE", flag, flag)
		}
	}
	return nil
}

// afterCopy is said when a copy is complete.
const afterCopy = `
The copy is complete, and the same as the store that it was made from.

One thing is not in it: the pepper. Copy the pepper file (pepper in the data
directory, or what pepper_file names) to every server on the new store, with
the rights 0600, before you start it. Without the pepper no key can be checked.
`

// showCopy shows the tables that were copied.
func (a *app) showCopy(results []admin.CopyResult) error {
	rows := [][]string{{"TABLE", "ROWS", "COPIED NOW", "SHA-256 AT BOTH ENDS"}}
	for _, r := range results {
		rows = append(rows, []string{r.Table, strconv.FormatInt(r.Rows, 10), strconv.FormatInt(r.Copied, 10), r.Digest})
	}
	if err := a.show(map[string]any{"tables": results}, func(w io.Writer) { term.Table(w, rows) }); err != nil {
		return err
	}
	_, err := io.WriteString(a.err, afterCopy)
	return err
}

// copyProgress shows how far a copy is: a line for each part of it, and more
// of them while one takes long.
type copyProgress struct {
	w     io.Writer
	last  admin.CopyStep
	shown time.Time
}

func (p *copyProgress) show(s admin.CopyStep) {
	if s.Table == p.last.Table && s.Does == p.last.Does && time.Since(p.shown) < time.Second || s.Total == 0 {
		return
	}
	p.last, p.shown = s, time.Now()
	fmt.Fprintf(p.w, "%s %s: %d of %d\n", s.Does, s.Table, s.Done, s.Total)
}
