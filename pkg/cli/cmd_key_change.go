package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/client"
)

const forceHelp = "do it even if nobody could manage keys afterwards"

func newKeyRevoke(a *app) *cobra.Command {
	return a.ending(&cobra.Command{
		Use:   "revoke [ID]",
		Short: "Deny a key for good",
		Long: `Denies a key with all of its tokens from the next request on, which cannot be
undone. The key stays listed until it is deleted.

` + idHelp + selectHelp + askHelp,
		Example: `  ostiary key revoke edge-agents
  ostiary key revoke 4fjK2n0qPz7a --yes
  ostiary key revoke --label team=old --yes
  ostiary key revoke --owner bob@example.com --unused 90d`,
	}, apikey.Revoke)
}

func newKeyDelete(a *app) *cobra.Command {
	return a.ending(&cobra.Command{
		Use:   "delete [ID]",
		Short: "Remove a key for good",
		Long: `Removes a key for good: it is denied with all of its tokens from the next
request on and no longer listed. The audit trail keeps what was done with it.

` + idHelp + selectHelp + askHelp,
		Example: `  ostiary key delete edge-agents
  ostiary key delete 4fjK2n0qPz7a --yes
  ostiary key delete --state revoked --unused 365d --yes`,
	}, apikey.Delete)
}

func newKeyDisable(a *app) *cobra.Command {
	var change api.UpdateKey
	cmd := &cobra.Command{
		Use:   "disable [ID]",
		Short: "Deny a key until it is enabled again",
		Long: `Denies a key with all of its tokens from the next request on, until it is enabled
again, or for the time of --for.

` + idHelp + selectHelp,
		Example: `  ostiary key disable edge-agents --for 10m
  ostiary key disable --owner bob@example.com --yes`,
	}
	var span string
	cmd.Flags().StringVar(&span, "for", "", "`TIME` after which it is let in again by itself, such as 10m")
	complete(cmd, "for", fixedCompletions("1m", "10m", "1h", "24h"))
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		change.DisabledFor = api.Span(span)
		return filled(cmd, "for")
	}
	return a.switching(cmd, false, &change)
}

func newKeyEnable(a *app) *cobra.Command {
	return a.switching(&cobra.Command{
		Use:   "enable [ID]",
		Short: "Let a disabled key in again",
		Long:  "Lets a disabled key in again, from the next request on. " + idHelp + selectHelp,
		Example: `  ostiary key enable edge-agents
  ostiary key enable --label team=sre --state disabled --yes`,
	}, true, &api.UpdateKey{})
}

const askHelp = `

It asks first on a terminal; elsewhere it needs --yes and otherwise ends with
the exit code 2.`

// ending makes a command that ends a key, or those that flags select, after it has asked.
func (a *app) ending(cmd *cobra.Command, how apikey.Ending) *cobra.Command {
	var force bool
	var s selection
	cmd.Args = s.oneOrSelected
	cmd.ValidArgsFunction = a.completeKeys
	s.add(a, cmd)
	cmd.Flags().BoolVar(&force, "force", false, forceHelp)
	end := act{verb: "Revoke", past: "Revoked",
		states: []apikey.State{apikey.StateActive, apikey.StateDisabled, apikey.StateExpired}}
	if how == apikey.Delete {
		end = act{verb: "Delete", past: "Deleted", states: apikey.States()}
	}
	end.do = func(ctx context.Context, c *client.Client, id string) (*api.Key, error) {
		return c.End(ctx, id, apikey.End{How: how, Force: force})
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return a.bulk(cmd, &s, end)
		}
		c, k, err := a.connectTo(cmd, args[0])
		if err != nil {
			return err
		}
		if err := a.mayConfirm(cmd, args); err != nil {
			return err
		}
		if err := a.confirmEnd(cmd.Context(), c, k, how); err != nil {
			return err
		}
		a.changing = true
		ended, err := end.do(cmd.Context(), c, k.ID)
		switch {
		case err != nil:
			return err
		case how == apikey.Delete:
			return a.showDone(term.Line("Deleted %q (%s).", k.Name, k.ID))
		}
		return a.show(ended, term.Line("Revoked %q (%s).", k.Name, k.ID))
	}
	return cmd
}

// switching makes a command that disables or enables a key, or those that flags select.
func (a *app) switching(cmd *cobra.Command, on bool, change *api.UpdateKey) *cobra.Command {
	var force bool
	var s selection
	cmd.Args = s.oneOrSelected
	cmd.ValidArgsFunction = a.completeKeys
	s.add(a, cmd)
	turn := act{verb: "Enable", past: "Enabled", states: []apikey.State{apikey.StateDisabled}}
	if !on {
		turn = act{verb: "Disable", past: "Disabled", states: []apikey.State{apikey.StateActive}}
		cmd.Flags().BoolVar(&force, "force", false, forceHelp)
	}
	change.Enabled = &on
	turn.do = func(ctx context.Context, c *client.Client, id string) (*api.Key, error) {
		return c.Update(ctx, id, *change, force)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return a.bulk(cmd, &s, turn)
		}
		c, k, err := a.connectTo(cmd, args[0])
		if err != nil {
			return err
		}
		a.changing = true
		changed, err := turn.do(cmd.Context(), c, k.ID)
		if err != nil {
			return err
		}
		return a.show(changed, term.Line("%s %q (%s).", turn.past, k.Name, k.ID))
	}
	return cmd
}

// confirmEnd asks whether a key shall end, and names what stops working.
func (a *app) confirmEnd(ctx context.Context, c *client.Client, k *api.Key, how apikey.Ending) error {
	if a.flags.yes {
		return nil
	}
	me, err := c.Whoami(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	a.say("%s key %q (%s), %s.", k.Role, k.Name, k.ID, k.State)
	if k.LastUsedAt == nil {
		a.say("It was never used.")
	} else {
		a.say("Last used %s from %s. What uses it stops working at once.", term.Exactly(*k.LastUsedAt, now),
			term.OrDash(k.LastUsedFrom))
	}
	if k.State != apikey.StateActive {
		a.say("It is denied already.")
	}
	if me.KeyID == k.ID {
		a.say("It is the key that you are signed in with.")
	}
	if how == apikey.Delete {
		return a.confirm(ctx, "Delete it?")
	}
	return a.confirm(ctx, "Revoke it?")
}
