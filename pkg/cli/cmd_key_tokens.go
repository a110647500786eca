package cli

import (
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
)

func newKeyTokens(a *app) *cobra.Command {
	var end string
	cmd := &cobra.Command{
		Use:   "tokens ID",
		Short: "List the tokens of a key, or end one",
		Long: `Lists the tokens of a key: each rotation adds one. With --end, one of them is
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
		if end != "" {
			if err := a.mayConfirm(cmd, args); err != nil {
				return err
			}
		}
		c, k, err := a.connectTo(cmd, args[0])
		if err != nil {
			return err
		}
		if end == "" {
			return a.show(k.Tokens, func(w io.Writer) { term.Table(w, tokenRows(k.Tokens, time.Now())) })
		}
		i := slices.IndexFunc(k.Tokens, func(t api.Token) bool { return t.ID == end })
		if i < 0 {
			return failed(exitNotFound, "see which there are: ostiary key tokens "+term.Quote(args[0]),
				"the key %q has no token %q", k.Name, end)
		}
		if t := k.Tokens[i]; !a.flags.yes {
			a.say("The token %s of the key %q (%s), %s.", t.ID, k.Name, k.ID, t.State)
			if t.LastUsedAt == nil {
				a.say("It was never used.")
			} else {
				a.say("Last used %s. What uses it stops working at once.", term.Exactly(*t.LastUsedAt, time.Now()))
			}
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
			t.ID, string(t.State), term.Exactly(t.CreatedAt, now), expires, when(t.LastUsedAt),
			strconv.FormatInt(t.UseCount, 10), t.Hint,
		})
	}
	return rows
}
