package cli

import (
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/cli/term"
)

func newKeyClients(a *app) *cobra.Command {
	var token string
	cmd := &cobra.Command{
		Use:   "clients ID",
		Short: "Show who sends a key",
		Long: `Shows who sent a key in the last 30 days, those that were seen last first: the
address, the program as it calls itself, the endpoint, the tenant it acted for,
and which of the key's tokens it sent. DENIED counts the requests that were
refused, out of all. FAULT, which is there if it is known of any, is the status
with which the program behind the endpoint answered the last request, if that was
400 or more: the key was let in then. Of a key, 100 clients are kept at most. What was sent in
the last second may be missing. ` + idHelp,
		Example: `  ostiary key clients edge-agents
  ostiary key clients edge-agents --token 4fjK2n0qPz7a
  ostiary key clients 4fjK2n0qPz7a -o json`,
		Args:              arguments("ID"),
		ValidArgsFunction: a.completeKeys,
	}
	cmd.Flags().StringVar(&token, "token", "", "only those that send the token with this `TOKENID`")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := filled(cmd, "token"); err != nil {
			return err
		}
		c, k, err := a.connectTo(cmd, args[0])
		if err != nil {
			return err
		}
		if token != "" {
			if _, err := tokenOf(k, token, args[0]); err != nil {
				return err
			}
		}
		list, err := c.Clients(cmd.Context(), k.ID)
		if err != nil {
			return err
		}
		if token != "" {
			list.Clients = slices.DeleteFunc(list.Clients, func(c api.KeyClient) bool { return c.TokenID != token })
		}
		return a.showList(list, clientRows(list.Clients, time.Now()), term.Table, "Nobody in the last 30 days.")
	}
	return cmd
}

// tokenOf finds one of a key's tokens.
func tokenOf(k *api.Key, id, arg string) (api.Token, error) {
	i := slices.IndexFunc(k.Tokens, func(t api.Token) bool { return t.ID == id })
	if i < 0 {
		return api.Token{}, failed(exitNotFound, "see which there are: ostiary key tokens "+term.Quote(arg),
			"the key %q has no token %q", k.Name, id)
	}
	return k.Tokens[i], nil
}

func clientRows(clients []api.KeyClient, now time.Time) [][]string {
	rows := [][]string{
		{"LAST SEEN", "FIRST SEEN", "ADDRESS", "PROGRAM", "ENDPOINT", "TENANT", "TOKEN", "REQUESTS", "DENIED"},
	}
	faults := slices.ContainsFunc(clients, func(c api.KeyClient) bool { return c.Fault != 0 })
	if faults {
		rows[0] = append(rows[0], "FAULT")
	}
	for _, c := range clients {
		row := []string{
			term.Exactly(c.LastAt, now), term.Relative(c.FirstAt, now), term.OrDash(c.Address),
			term.OrDash(c.UserAgent), term.OrDash(c.Endpoint), term.OrDash(c.Tenant), c.TokenID,
			strconv.FormatInt(c.Requests, 10), strconv.FormatInt(c.Denied, 10),
		}
		switch {
		case c.Fault != 0:
			row = append(row, strconv.Itoa(c.Fault))
		case faults:
			row = append(row, term.OrDash(""))
		}
		rows = append(rows, row)
	}
	return rows
}
