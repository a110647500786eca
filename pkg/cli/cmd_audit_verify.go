package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/admin"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
)

func newAuditVerifyCommand(a *app) *cobra.Command {
	var heads, logs []string
	cmd := offline(&cobra.Command{
		Use:   "verify [FILE]",
		Short: "Check that nobody has changed, removed or added an entry",
		Long: `Reads the whole audit trail in the store and checks that it is as Ostiary wrote it.
Each entry is tied to the one before it by a hash under a key that is derived from
the pepper, so one that was changed, removed, put in or moved is found and named.
So are the keys, endpoints and policies that something else removed from the store.
It works on the store itself; servers may be running. With FILE it is the trail of
a backup that is read, as by "ostiary store check".

What the database alone cannot show is that its end was cut off. The server
logs the end of the trail each hour, and when it starts and stops; give it that
log, or a file that took the trail (audit.to), with --log, or one line of it with
--head.

The exit code is 1 if the trail does not hold.`,
		Example: `  ostiary audit verify
  ostiary audit verify --config /etc/ostiary/ostiary.yaml --log /var/log/ostiary.log
  ostiary audit verify --head 1042:6d1f…
  ostiary audit verify /backup/ostiary-2027-01-31.db --pepper-file /var/lib/ostiary/pepper
  journalctl -u ostiary -o cat | ostiary audit verify --log -`,
		Args: optional("FILE"),
	})
	addSettings(cmd, storeSettings...)
	cmd.Flags().StringArrayVar(&heads, "head", nil, "end of the trail as a server logged it: `NUMBER:HASH`, repeatable")
	cmd.Flags().StringArrayVar(&logs, "log", nil,
		"`FILE` that is a server's log or took the trail (JSON lines or syslog), repeatable; - is stdin")
	_ = cmd.MarkFlagFilename("log")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		known, err := a.knownHeads(heads, logs)
		if err != nil {
			return err
		}
		cfg, err := loadConfig(cmd)
		if err != nil {
			return err
		}
		r, err := admin.VerifyTrail(cmd.Context(), cfg, firstOf(args), known)
		if err != nil {
			return ofBackup(err)
		}
		return a.showTrail(r)
	}
	return cmd
}

// knownHeads are those that the flags and the files name.
func (a *app) knownHeads(heads, logs []string) (known []apikey.KnownHead, err error) {
	for _, head := range heads {
		number, hash, _ := strings.Cut(head, ":")
		k, err := apikey.ParseHead(number, strings.ToLower(hash))
		if err != nil {
			return nil, usageError("--head: %s; write it as the server logged it, NUMBER:HASH", err)
		}
		k.From = "--head"
		known = append(known, k)
	}
	for _, log := range logs {
		found, err := admin.HeadsIn(log)
		if err != nil {
			return nil, usageError("--log: %s", err)
		}
		if len(found) == 0 {
			return nil, usageError("--log: nothing in %s names an entry of the trail; servers log its end each hour, "+
				"with number and hash", log)
		}
		known = append(known, found...)
	}
	return known, nil
}

func (a *app) showTrail(r *admin.TrailResult) error {
	text := term.Line("%s", trailHolds(r))
	if len(r.Faults) > 0 {
		text = func(w io.Writer) { term.Table(w, trailRows(r.Faults)) }
	}
	if err := a.show(r, text); err != nil || len(r.Faults) == 0 {
		return err
	}
	return failed(exitFailed, "find out who can write to the store; keep it, and its backups, as evidence",
		"the audit trail does not hold: %s", term.Count(len(r.Faults)+int(r.More), "fault"))
}

func trailRows(faults []admin.TrailFault) [][]string {
	rows := [][]string{{"NUMBER", "FOUND", "TIME", "ACTION", "KEY", "NAME", "ACTOR", "WHAT IS WRONG"}}
	for _, f := range faults {
		at := "-"
		if !f.At.IsZero() {
			at = f.At.UTC().Format(time.RFC3339)
		}
		rows = append(rows, []string{strconv.FormatInt(f.Number, 10), string(f.Kind), at, term.OrDash(string(f.Action)),
			term.OrDash(f.KeyID), term.OrDash(f.KeyName), term.OrDash(f.Actor), f.Detail})
	}
	return rows
}

func trailHolds(r *admin.TrailResult) string {
	if r.Last == 0 {
		return "The audit trail is empty."
	}
	text := fmt.Sprintf("The audit trail holds: %s, up to number %d, whose hash is %s.",
		term.Count(int(r.Entries), "entry"), r.Last, r.Hash)
	if r.Removed > 0 {
		text += fmt.Sprintf(" Those up to %d were removed by audit.keep.", r.Removed)
	}
	return text
}
