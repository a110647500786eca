package cli

import (
	"context"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/client"
)

func newKeyTokens(a *app) *cobra.Command {
	var end string
	cmd := &cobra.Command{
		Use:   "tokens ID",
		Short: "List the tokens of a key, or end one",
		Long: `Lists the tokens of a key: each rotation adds one. Of those that have a
successor it is said who still sends them, or since when nobody does, so that
they are safe to end; see "ostiary key clients". With --end, one of them is
denied from the next request on, which cannot be undone; the last that is left
cannot end alone. ` + idHelp + askHelp,
		Example: `  ostiary key tokens edge-agents
  ostiary key tokens edge-agents --end 4fjK2n0qPz7a --yes`,
		Args:              arguments("ID"),
		ValidArgsFunction: a.completeKeys,
	}
	cmd.Flags().StringVar(&end, "end", "", "`TOKENID` of the token to end")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := filled(cmd, "end"); err != nil {
			return err
		}
		c, k, err := a.connectTo(cmd, args[0])
		if err != nil {
			return err
		}
		if end == "" {
			err := a.show(k.Tokens, func(w io.Writer) { term.Table(w, tokenRows(k.Tokens, time.Now())) })
			if err != nil {
				return err
			}
			return a.saySenders(cmd.Context(), c, k)
		}
		t, err := tokenOf(k, end, args[0])
		if err != nil {
			return err
		}
		if err := a.mayConfirm(cmd, args); err != nil {
			return err
		}
		if !a.flags.yes {
			a.sayToken(cmd.Context(), c, k, t)
		}
		if err := a.confirm(cmd.Context(), "End it?"); err != nil {
			return err
		}
		a.changing = true
		if err := c.EndToken(cmd.Context(), k.ID, end); err != nil {
			return err
		}
		return a.showDone(term.Line("Ended the token %s of %q.", end, k.Name))
	}
	return cmd
}

// sayToken says for people what ends with a token.
func (a *app) sayToken(ctx context.Context, c *client.Client, k *api.Key, t api.Token) {
	a.say("The token %s of the key %q (%s), %s.", t.ID, k.Name, k.ID, t.State)
	now := time.Now()
	if t.LastUsedAt == nil {
		a.say("It was never used.")
	} else {
		a.say("Last used %s. What uses it stops working at once.", term.Exactly(*t.LastUsedAt, now))
	}
	if list, err := c.Clients(ctx, k.ID); err == nil {
		s := sendersOf(t, list.Clients)
		if by := s.names(now); by != "" {
			a.say("Sent in the last 24 hours by %s.", by)
		}
	}
}

// stateOf is the state of a token for people, who see there which have expired because a newer one replaced them.
func stateOf(t api.Token, newest *api.Token) string {
	own := t.ExpiresAt != nil && (newest.ExpiresAt == nil || t.ExpiresAt.Before(*newest.ExpiresAt))
	if t.State == apikey.StateExpired && t.ID != newest.ID && own {
		return "replaced"
	}
	return string(t.State)
}

func tokenRows(tokens []api.Token, now time.Time) [][]string {
	rows := [][]string{{"ID", "STATE", "CREATED", "EXPIRES", "LAST USED", "USES", "TOKEN"}}
	when := func(t *time.Time) string {
		if t == nil {
			return "never"
		}
		return term.Exactly(*t, now)
	}
	for _, t := range tokens {
		expires := when(t.ExpiresAt)
		if t.State == apikey.StateRevoked {
			expires = "-" // it ended before
		}
		rows = append(rows, []string{
			t.ID, stateOf(t, &tokens[len(tokens)-1]), term.Exactly(t.CreatedAt, now), expires, when(t.LastUsedAt),
			strconv.FormatInt(t.UseCount, 10), t.Hint,
		})
	}
	return rows
}
