package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/client"
)

const forceHelp = "do it even if nobody could manage keys afterwards"

// updateFlags are those of "key update".
type updateFlags struct {
	name, description, role    string
	enable, disable            bool
	endpoints, cidrs           []string
	clearEndpoints, clearCIDRs bool
	lifetime                   lifetimeFlags
	force                      bool
}

func newKeyUpdate(a *app) *cobra.Command {
	var u updateFlags
	cmd := &cobra.Command{
		Use:   "update ID",
		Short: "Change a key",
		Long: `Changes what the flags name and leaves the rest as it is, for all tokens of the
key. A disabled key is denied until it is enabled again. Lists are replaced as a
whole. ` + idHelp,
		Example: `  ostiary key update edge-agents --expires-in 90d
  ostiary key update 4fjK2n0qPz7a --name edge --description 'agents at the edge'
  ostiary key update edge-agents --disable
  ostiary key update edge-agents --endpoint pyroscope --endpoint tempo --clear-cidrs`,
		Args:              arguments("ID"),
		ValidArgsFunction: a.completeKeys,
	}
	u.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		change, err := u.read(cmd)
		if err != nil {
			return err
		}
		c, k, err := a.connectTo(cmd, args[0])
		if err != nil {
			return err
		}
		a.changing = true
		if k, err = c.Update(cmd.Context(), k.ID, change, u.force); err != nil {
			return err
		}
		return a.showKey(k)
	}
	return cmd
}

func (u *updateFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&u.name, "name", "", "new `NAME`")
	f.StringVar(&u.description, "description", "", "new `TEXT` that says what it is for")
	f.StringVar(&u.role, "role", "", "`ROLE`: Admin, Editor, Viewer or Agent")
	f.BoolVar(&u.enable, "enable", false, "let it in again")
	f.BoolVar(&u.disable, "disable", false, "deny it until it is enabled")
	listVar(f, &u.endpoints, "endpoint", "use --clear-endpoints to let the key open every endpoint", "`NAME` of an endpoint that it opens; may be repeated")
	f.BoolVar(&u.clearEndpoints, "clear-endpoints", false, "let it open every endpoint")
	listVar(f, &u.cidrs, "allow-cidr", "use --clear-cidrs to let the key be used from everywhere", "`BLOCK` of addresses that it may be used from, such as 10.0.0.0/8; may be repeated")
	f.BoolVar(&u.clearCIDRs, "clear-cidrs", false, "let it be used from everywhere")
	u.lifetime.add(cmd, "")
	f.BoolVar(&u.force, "force", false, forceHelp)
	complete(cmd, "role", roleCompletions())
}

// read turns the flags that were given into a request.
func (u *updateFlags) read(cmd *cobra.Command) (change api.UpdateKey, err error) {
	changes := []string{"name", "description", "role", "enable", "disable", "endpoint", "clear-endpoints", "allow-cidr", "clear-cidrs",
		"expires-in", "expiration", "never"}
	if !slices.ContainsFunc(changes, cmd.Flags().Changed) {
		return change, usageError("nothing to change; use one of --%s", strings.Join(changes, ", --"))
	}
	for _, pair := range [][]string{{"enable", "disable"}, {"endpoint", "clear-endpoints"}, {"allow-cidr", "clear-cidrs"}} {
		if err := exclusive(cmd, pair...); err != nil {
			return change, err
		}
	}
	given := cmd.Flags().Changed
	if given("name") {
		change.Name = &u.name
	}
	if given("description") {
		change.Description = &u.description
	}
	if given("role") {
		change.Role = &u.role
	}
	switch {
	case given("enable"):
		change.Enabled = &u.enable
	case given("disable"):
		enabled := !u.disable
		change.Enabled = &enabled
	}
	if given("endpoint") || u.clearEndpoints {
		change.Endpoints = list(u.endpoints)
	}
	if given("allow-cidr") || u.clearCIDRs {
		change.AllowedCIDRs = list(u.cidrs)
	}
	change.ExpiresIn, change.ExpiresAt, err = u.lifetime.read(cmd)
	return change, err
}

// list is the list to send: an empty one takes a restriction away.
func list(given []string) *[]string {
	out := append([]string{}, given...)
	return &out
}

func newKeyRevoke(a *app) *cobra.Command {
	return a.ending(&cobra.Command{
		Use:   "revoke ID",
		Short: "Deny a key for good",
		Long: `Denies a key with all of its tokens from the next request on, which cannot be
undone. The key stays listed until it is deleted.

` + idHelp + askHelp,
		Example: `  ostiary key revoke edge-agents
  ostiary key revoke 4fjK2n0qPz7a --yes`,
	}, apikey.Revoke)
}

func newKeyDelete(a *app) *cobra.Command {
	return a.ending(&cobra.Command{
		Use:   "delete ID",
		Short: "Remove a key for good",
		Long: `Removes a key for good: it is denied with all of its tokens from the next
request on and no longer listed. The audit trail keeps what was done with it.

` + idHelp + askHelp,
		Example: `  ostiary key delete edge-agents
  ostiary key delete 4fjK2n0qPz7a --yes`,
	}, apikey.Delete)
}

const askHelp = `

It asks first on a terminal; elsewhere it needs --yes and otherwise ends with
the exit code 2.`

// ending makes a command that ends a key after it has asked.
func (a *app) ending(cmd *cobra.Command, how apikey.Ending) *cobra.Command {
	var force bool
	cmd.Args = arguments("ID")
	cmd.ValidArgsFunction = a.completeKeys
	cmd.Flags().BoolVar(&force, "force", false, forceHelp)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := a.mayConfirm(cmd, args); err != nil {
			return err
		}
		c, k, err := a.connectTo(cmd, args[0])
		if err != nil {
			return err
		}
		if err := a.confirmEnd(cmd.Context(), c, k, how); err != nil {
			return err
		}
		a.changing = true
		ended, err := c.End(cmd.Context(), k.ID, apikey.End{How: how, Force: force})
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
		a.say("Last used %s from %s. What uses it stops working at once.", term.Exactly(*k.LastUsedAt, now), term.OrDash(k.LastUsedFrom))
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
