package cli

import (
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/admin"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/origin"
)

// importFlags are those of "import".
type importFlags struct {
	from, timezone, owner string
	orgID                 int64
	endpoints, labels     []string
	tenants               []string
}

func newImportCommand(a *app) *cobra.Command {
	var i importFlags
	cmd := offline(&cobra.Command{
		Use:   "import --from SYSTEM DATABASE",
		Short: "Take over keys of Grafana, Pyroscope or Uptime Kuma",
		Long: `Takes over the keys in the SQLite database of Grafana (grafana.db), Pyroscope
(pyroscope.sqlite3) or Uptime Kuma (kuma.db). Their tokens then work at the gate: the
clients keep them, and only their address changes.

It shows what it would do, and why it cannot take a key over. Nothing is changed
until you add --yes. It may be run again: what was taken over before gets the
endpoints, the owner, the labels and the tenants that are chosen now, if any are,
and is skipped otherwise, also if it was revoked or deleted since.

No key gets more than it had: the role is the same, it expires when it would
have, and a disabled one stays disabled. Keys that expired or were revoked are
not taken over. A key of one system could only ever open that system; --endpoint
keeps it so. With the server's --config it also says which keys would open
nothing with the endpoints that are chosen, those of the store among them: where
an endpoint acts for tenants, a key opens nothing without one (--tenant).

It works on the key store itself: run it on the server's machine, as the user
who runs the server, or Grafana if the gate is the plugin's, with the same
settings. The server may be running, and so may the other system. -o json shows
all that is known.`,
		Example: `  ostiary import --from grafana /var/lib/grafana/grafana.db
  ostiary import --from grafana /var/lib/grafana/grafana.db --endpoint grafana --yes

  ostiary import --from pyroscope /var/lib/pyroscope/pyroscope.sqlite3 --config ostiary.yaml \
    --endpoint pyroscope --owner sre@example.com --label team=sre
  ostiary import --from pyroscope pyroscope.sqlite3 --endpoint pyroscope --tenant team-a --yes
  ostiary import --from uptime-kuma kuma.db --endpoint kuma --timezone Europe/Berlin --yes`,
		Args: arguments("DATABASE"),
	})
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&i.from, "from", "", "`SYSTEM` that the database is of: "+strings.Join(origin.Systems(), ", "))
	listVar(f, &i.endpoints, "endpoint", "leave it out for keys that open every endpoint",
		"`NAME` of an endpoint that the keys shall open; may be repeated (default all)")
	f.StringVar(&i.owner, "owner", "",
		"`OWNER`, who answers for the keys (default who made them there, or else whoever takes them over)")
	labelsVar(f, &i.labels, "leave it out for keys without labels", "`LABEL` such as team=sre; may be repeated")
	listVar(f, &i.tenants, "tenant", "leave it out for keys without tenants",
		"`TENANT` as which the keys may act; may be repeated, * = any")
	f.Int64Var(&i.orgID, "org", config.StandaloneOrg,
		"`NUMBER` of the organization: here, and of those in Grafana whose keys are taken over")
	f.StringVar(&i.timezone, "timezone", "",
		"`ZONE` in which Uptime Kuma runs, such as Europe/Berlin (default what its settings say, or else this machine's)")
	addSettings(cmd, "data_dir", "store", "store_file", "pepper_file", "pepper.passphrase_file", "pepper.key_file",
		"policy.default_ttl", "policy.max_ttl")
	f.BoolVarP(&a.flags.yes, "yes", "y", false, "take them over, and do not only show it")
	complete(cmd, "from", fixedCompletions(origin.Systems()...))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		opts, err := i.check(cmd)
		if err != nil {
			return err
		}
		cfg, err := loadConfig(cmd)
		if err != nil {
			return err
		}
		chosen, err := i.chosen(cmd)
		if err != nil {
			return err
		}
		keys, err := origin.Read(cmd.Context(), i.from, args[0], opts)
		if errors.Is(err, origin.ErrNotDatabase) {
			return usageError("%s", err)
		}
		if err != nil {
			return err
		}
		for n := range keys {
			keys[n].Chosen = chosen
		}
		a.changing = a.flags.yes
		done, err := admin.Import(cmd.Context(), cfg, i.orgID, keys, !a.flags.yes)
		if err != nil {
			return err
		}
		return a.showImport(i, args[0], done)
	}
	return cmd
}

func (i *importFlags) check(cmd *cobra.Command) (opts origin.Options, err error) {
	if err := required(cmd, "from"); err != nil {
		return opts, err
	}
	if !slices.Contains(origin.Systems(), i.from) {
		return opts, usageError("--from %s is not a system that keys can be taken over from; use %s",
			term.Quote(i.from), strings.Join(origin.Systems(), ", "))
	}
	if i.orgID < 1 {
		return opts, usageError("--org is %d; organizations count from 1", i.orgID)
	}
	opts.OrgID = i.orgID
	if i.timezone == "" {
		return opts, nil
	}
	if i.from != origin.UptimeKuma {
		return opts, usageError("--timezone is for %s alone; the times of the others are clear", origin.UptimeKuma)
	}
	if opts.Location, err = time.LoadLocation(i.timezone); err != nil {
		return opts, usageError("--timezone: %q is not a time zone; write it like Europe/Berlin or UTC", i.timezone)
	}
	return opts, nil
}

// chosen is what the keys shall have here.
func (i *importFlags) chosen(cmd *cobra.Command) (c apikey.ImportChoice, err error) {
	if err := filled(cmd, "owner"); err != nil {
		return c, err
	}
	c.Endpoints, c.Owner, c.Tenants = i.endpoints, i.owner, i.tenants
	c.Labels, _ = labelsOf(i.labels) // which were looked at when they were given
	for _, wrong := range c.Tidy() {
		return c, usageError("--%s: %s", wrong.Field, wrong.Detail)
	}
	return c, nil
}

// unknown returns the chosen endpoints that there are not.
func (i *importFlags) unknown(endpoints []string) (names []string) {
	for _, name := range i.endpoints {
		if !slices.Contains(endpoints, name) {
			names = append(names, name)
		}
	}
	return names
}

func (a *app) showImport(i importFlags, database string, imported *admin.Imported) error {
	done := imported.Keys
	report := api.FromTakeovers(i.from, done, !a.flags.yes)
	taken, changed := 0, 0
	for _, k := range report.Keys {
		if k.Changed {
			changed++
		} else if k.Taken {
			taken++
		}
	}
	if err := a.show(report, func(w io.Writer) { term.Table(w, importRows(report, time.Now())) }); err != nil {
		return err
	}
	also, would := "", ""
	if changed > 0 {
		also, would = ", changed "+term.Count(changed, "key"), ", change "+term.Count(changed, "key")
	}
	switch skipped := term.Count(len(done)-taken-changed, "key"); {
	case len(done) == 0:
		a.say("%s has no keys.", database)
	case a.flags.yes:
		a.say("Took over %s%s, skipped %s.", term.Count(taken, "key"), also, skipped)
	case taken+changed == 0:
		a.say("There is nothing to take over.")
	default:
		a.say("This would take over %s%s and skip %s. Nothing was changed; add --yes to do it.",
			term.Count(taken, "key"), would, skipped)
		if len(i.endpoints) == 0 {
			a.say("The keys would open every endpoint of the gate that takes their role; --endpoint NAME limits them.")
		}
	}
	switch unknown := i.unknown(imported.Endpoints); {
	case len(i.endpoints) > 0 && !imported.Known:
		a.say("Whether the keys can open these endpoints is said with --config, the server's configuration.")
	case len(unknown) > 0 && imported.InStore:
		a.say("Neither the configuration nor the store has an endpoint %s; see ostiary endpoint list.",
			strings.Join(unknown, ", "))
	case len(unknown) > 0:
		a.say("The configuration has no endpoint %s; see gate.endpoints.", strings.Join(unknown, ", "))
	}
	return nil
}

func importRows(report api.Import, now time.Time) [][]string {
	rows := [][]string{{"NUMBER", "NAME", "ROLE", "EXPIRES", "RESULT"}}
	for _, k := range report.Keys {
		rows = append(rows, []string{term.Cut(k.Number), term.Cut(k.Name), term.OrDash(k.Role), term.Cut(endOf(k, now)),
			resultOf(k, report.DryRun)})
	}
	return rows
}

// resultOf says what became of a key, or would.
func resultOf(k api.ImportedKey, dryRun bool) string {
	result := "skipped: " + k.Reason
	switch {
	case k.Changed && dryRun:
		result = "to be changed, " + k.ID
	case k.Changed:
		result = "changed, " + k.ID
	case k.Taken && dryRun:
		result = "to be taken over"
	case k.Taken:
		result = "taken over as " + k.ID
	}
	return strings.Join(append([]string{result}, k.Notes...), "; ")
}

// endOf is when a key ends, or the text that is shown instead.
func endOf(k api.ImportedKey, now time.Time) string {
	if k.Ends != "" {
		return k.Ends
	}
	return term.RelativeOr(k.ExpiresAt, now, "never")
}
