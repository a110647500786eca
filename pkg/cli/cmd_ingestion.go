package cli

import (
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
)

func newIngestionCommand(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "ingestion-api-key",
		Short: "Manage ingestion keys in StackState's way",
		Long: `Manages the keys of agents and collectors with the flags and sentences of
StackState's command line. They are ordinary keys with the role Agent; the ID
here is a key's number.`,
		Example: `  ostiary ingestion-api-key create --name my-ingestion-api-key
  ostiary ingestion-api-key list
  ostiary ingestion-api-key delete --id 17`,
	}, newIngestionCreate(a), newIngestionList(a), newIngestionDelete(a))
}

func newIngestionCreate(a *app) *cobra.Command {
	var k api.CreateKey
	var expiration string
	cmd := issuing(&cobra.Command{
		Use:   "create --name NAME",
		Short: "Create a new Ingestion Api Key",
		Long: `Makes a key with the role Agent. Without an expiration it never expires, unless
the server's policy limits lifetimes. The key is shown only now.`,
		Example: `  ostiary ingestion-api-key create --name my-ingestion-api-key
  ostiary ingestion-api-key create --name otel --description 'OTel Collector' --expiration 2027-12-31`,
		Args: arguments(),
	})
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&k.Name, "name", "", "`NAME`, which no other key has")
	f.StringVar(&k.Description, "description", "", "`TEXT` that says what it is for")
	f.StringVar(&expiration, "expiration", "", "last `DAY` of the key, yyyy-MM-dd (until its end, UTC)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := required(cmd, "name"); err != nil {
			return err
		}
		if err := filled(cmd, "expiration"); err != nil {
			return err
		}
		c, err := a.connect(cmd)
		if err != nil {
			return err
		}
		k.Role, k.ExpiresAt = apikey.RoleAgent.String(), api.Expiry(expiration)
		if expiration == "" {
			policy, err := c.Policy(cmd.Context())
			if err != nil {
				return err
			}
			if policy.MaxTTL == 0 {
				k.ExpiresAt = api.Never
			}
		}
		a.changing = true
		issued, err := c.Create(cmd.Context(), k)
		if err != nil {
			return err
		}
		if expiration == "" && issued.Key.ExpiresAt != nil {
			a.say("The server's policy limits lifetimes: the key %s.", expiry(&issued.Key, time.Now()))
		}
		return a.showToken(issued, "Ingestion API Key generated: "+issued.Token)
	}
	return cmd
}

func newIngestionList(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List Ingestion Api Keys",
		Long: `Lists all keys with the role Agent, by name. Those that have ended or are
disabled stay listed until they are deleted, and say so behind the day.`,
		Example: "  ostiary ingestion-api-key list",
		Args:    arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			keys := []api.Key{}
			for k, err := range c.AllKeys(cmd.Context(), ingestionKeys) {
				if err != nil {
					return err
				}
				keys = append(keys, k)
			}
			return a.showList(api.KeyList{Keys: keys}, ingestionRows(keys), term.Barred, "No ingestion api keys found.")
		},
	}
}

func ingestionRows(keys []api.Key) [][]string {
	rows := [][]string{{"ID", "NAME", "EXPIRATION", "DESCRIPTION"}}
	for _, k := range keys {
		rows = append(rows, []string{strconv.FormatInt(k.Number, 10), k.Name, expiration(&k),
			term.OrDash(k.Description)})
	}
	return rows
}

// expiration is the last day of which a key has a part, and why it is denied
// if it is. A key that was made to expire with a day ends as the next begins;
// one that was revoked has ended then, as StackState's API has it too: it knows
// no revoked keys.
func expiration(k *api.Key) string {
	end, day := k.ExpiresAt, ""
	if k.RevokedAt != nil && (end == nil || k.RevokedAt.Before(*end)) {
		end = k.RevokedAt
	}
	if end != nil {
		day = end.UTC().Add(-time.Nanosecond).Format(time.DateOnly)
	}
	if k.State == apikey.StateActive {
		return day
	}
	return strings.TrimSpace(day + " (" + string(k.State) + ")")
}

func newIngestionDelete(a *app) *cobra.Command {
	var id string
	cmd := &cobra.Command{
		Use:   "delete --id ID",
		Short: "Delete an Ingestion Api Key",
		Long:  "Removes an ingestion key for good; it is denied from the next request on." + askHelp,
		Example: `  ostiary ingestion-api-key delete --id 17
  ostiary ingestion-api-key delete --id 17 --yes`,
		Args: arguments(),
	}
	cmd.Flags().StringVar(&id, "id", "", "`ID` of the key, as in the list")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := required(cmd, "id"); err != nil {
			return err
		}
		number, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return failed(exitUsage,
				"see which there are: ostiary ingestion-api-key list; or delete by name: ostiary key delete "+
					term.Quote(id), "--id: %q is not a number", id)
		}
		c, err := a.connect(cmd)
		if err != nil {
			return err
		}
		k, err := findIngestionKey(cmd.Context(), c, number)
		if err != nil {
			return err
		}
		if err := a.mayConfirm(cmd, nil); err != nil {
			return err
		}
		if err := a.confirmEnd(cmd.Context(), c, k, apikey.Delete); err != nil {
			return err
		}
		a.changing = true
		if _, err := c.End(cmd.Context(), k.ID, apikey.End{How: apikey.Delete}); err != nil {
			return err
		}
		return a.showDone(term.Line("Ingestion Api Key deleted: %d", k.Number))
	}
	return cmd
}
