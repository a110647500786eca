package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/admin"
	"github.com/ostiary/ostiary/pkg/cli/term"
)

// storeSettings are the settings of commands that work on the configured store.
var storeSettings = []string{"data_dir", "store", "store_file", "pepper_file", "pepper.passphrase_file",
	"pepper.key_file"}

func newStoreBackupCommand(a *app) *cobra.Command {
	cmd := offline(&cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the store in the data directory into a file while it is used",
		Long: `Copies the store in the data directory into a new file, as it is at one moment.
Servers may be running, and are not held up. No file is written over.

Do not copy the files of the store by hand: what was stored last is in a log
next to the database, and a copy of the one without the other is not whole.

The pepper is not in the backup: keep a copy of it apart from the backups, since
both together are what a thief needs. A store in PostgreSQL is backed up with
pg_dump.`,
		Example: `  ostiary store backup /backup/ostiary.db
  ostiary store backup /backup/ostiary.db --config /etc/ostiary/ostiary.yaml`,
		Args: arguments("FILE"),
	})
	addSettings(cmd, storeSettings...)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cfg, err := loadConfig(cmd)
		if err != nil {
			return err
		}
		done, err := admin.Backup(cmd.Context(), cfg, args[0])
		if err != nil {
			return err
		}
		if err := a.show(done, term.Line("Wrote %s, %d bytes.", done.File, done.Bytes)); err != nil {
			return err
		}
		if done.Unnoted != "" {
			a.say("ostiary: warning: the audit trail has no entry of this backup: %s", done.Unnoted)
		}
		a.say("The pepper is not in it. Keep a copy of %s apart from the backups: without it no key can be verified.",
			cfg.Pepper.Name)
		return nil
	}
	return cmd
}

func newStoreRestoreCommand(a *app) *cobra.Command {
	cmd := offline(&cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup in the place of the store in the data directory",
		Long: `Puts a backup in the place of the store in the data directory. Stop the servers
on it first. The backup is looked at as a whole before anything is changed, and
the pepper file must be the one that belongs to it.

The store that was there is kept next to the new one, with what a dead server had
left in its log. A crash leaves the one or the other, whole; what it leaves
besides, the next restore removes, and so does the start of the server.

What was done since the backup is gone: keys that were made since are unknown
again, and keys that were revoked since work again. Look at the audit trail of
the store that was kept. A store in PostgreSQL is restored with pg_restore.`,
		Example: `  systemctl stop ostiary.service
  ostiary store restore /backup/ostiary-2027-01-31.db
  systemctl start ostiary.service`,
		Args: arguments("FILE"),
	})
	addSettings(cmd, storeSettings...)
	cmd.Flags().BoolVarP(&a.flags.yes, "yes", "y", false, "do not ask")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cfg, err := loadConfig(cmd)
		if err != nil {
			return err
		}
		if err := admin.CheckReplaceable(cfg, args[0]); err != nil {
			return err
		}
		if _, err := os.Stat(args[0]); errors.Is(err, fs.ErrNotExist) {
			return failed(exitNotFound, "", "there is no backup %s", args[0])
		}
		if err := a.mayConfirm(cmd, args); err != nil {
			return err
		}
		if err := a.confirm(cmd.Context(),
			fmt.Sprintf("Replace the store in %s by %s?", cfg.DataDir, args[0])); err != nil {
			return err
		}
		done, err := admin.Restore(cmd.Context(), cfg, args[0])
		if err != nil {
			return err
		}
		if err := a.show(done,
			term.Line("Restored %s, %s.", done.File, term.Count(int(done.Keys), "key"))); err != nil {
			return err
		}
		if done.Replaced != "" {
			a.say("The store that was there is %s.", done.Replaced)
		}
		if done.Unmarked {
			a.say("The backup is of an older version, whose keys have no mark, and are denied. If you trust it, type: ostiary store check --trust-unmarked")
		} else if done.Unchained {
			a.say("The backup is of an older version, whose audit trail has no hashes. If you trust it, type: ostiary store check --trust-unmarked")
		}
		return nil
	}
	return cmd
}

func newStoreCheckCommand(a *app) *cobra.Command {
	cmd := offline(&cobra.Command{
		Use:   "check [FILE]",
		Short: "Read the whole store, or a backup, and say what is wrong with it",
		Long: `Reads the whole store and says what is wrong with it: whether the database is
whole, whether its tables agree with one another, whether names are as they
should be, whether the pepper file belongs to it, and whether every key is as
Ostiary wrote it. Servers may be running. Whether keys are missing that something
else removed, "ostiary audit verify" says.

With FILE it is a backup that is read, and not changed; it may be where nothing
can be written. The pepper file is the one beside it, if there is one, and else
that of the server.

The exit code is 1 if anything is wrong.`,
		Example: `  ostiary store check
  ostiary store check --config /etc/ostiary/ostiary.yaml -o json

  # A backup
  ostiary store check /backup/ostiary-2027-01-31.db --pepper-file /var/lib/ostiary/pepper`,
		Args: optional("FILE"),
	})
	addSettings(cmd, storeSettings...)
	var trust bool
	cmd.Flags().BoolVar(&trust, "trust-unmarked", false,
		"believe keys that have no mark, and give them one: after a backup of an older version was put back")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if trust && len(args) > 0 {
			return usageError("--trust-unmarked changes the store, and a backup stays as it is; restore it first")
		}
		cfg, err := loadConfig(cmd)
		if err != nil {
			return err
		}
		r, err := admin.Check(cmd.Context(), cfg, firstOf(args), trust)
		if err != nil {
			return ofBackup(err)
		}
		rows := [][]string{{"STORE", "ENGINE", "KEYS", "FAULTS"},
			{r.Store, r.Engine, fmt.Sprint(r.Keys), fmt.Sprint(len(r.Faults))}}
		if err := a.show(r, func(w io.Writer) { term.Table(w, rows) }); err != nil {
			return err
		}
		if len(r.Faults) == 0 {
			return nil
		}
		f := failed(exitFailed, "", "the store is not as it should be")
		f.lines = r.Faults
		return f
	}
	return cmd
}

// ofBackup gives the exit code to an error about a backup that is not there.
func ofBackup(err error) error {
	if errors.Is(err, admin.ErrNoBackup) {
		return failed(exitNotFound, "", "%s", err)
	}
	return err
}
