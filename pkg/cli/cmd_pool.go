package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/client"
)

func newPoolCommand(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "pool",
		Short: "Make, list, rotate, revoke and remove agent pools",
		Long: `Makes and manages agent pools. A pool is a named set of keys for agents that
belong together: its keys are listed, rotated and revoked apart from all others,
and an endpoint of the gate that names a pool takes only that pool's keys.

All of it takes an API key with the role Admin.`,
		Example: `  ostiary pool create edge --description 'agents at the edge'
  ostiary key create edge-1 --pool edge
  ostiary key list --pool edge
  ostiary pool list
  ostiary pool rotate edge --overlap 24h
  ostiary pool revoke edge
  ostiary pool delete edge`,
	},
		newPoolCreate(a), newPoolList(a), newPoolRotate(a), newPoolRevoke(a), newPoolDelete(a))
}

func newPoolCreate(a *app) *cobra.Command {
	var p api.CreatePool
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Make a pool",
		Long: `Makes a pool without keys. A key that is made with --pool for a pool that is not
there makes it as well.`,
		Example: `  ostiary pool create edge
  ostiary pool create edge --description 'agents at the edge' -o json`,
	}
	cmd.Flags().SortFlags = false
	nameArgument(cmd, &p.Name, "`NAME`, which no other pool has: letters, digits, and . _ - after the first")
	cmd.Flags().StringVar(&p.Description, "description", "", "`TEXT` that says what it is for")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := a.connect(cmd)
		if err != nil {
			return err
		}
		a.changing = true
		pool, err := c.CreatePool(cmd.Context(), p)
		if err != nil {
			return err
		}
		return a.show(pool, term.Line("Made the pool %q.", pool.Name))
	}
	return cmd
}

func newPoolList(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List pools",
		Long: `Lists pools by name, with how many keys each has in each state. The keys
themselves: ostiary key list --pool NAME.`,
		Example: `  ostiary pool list
  ostiary pool list -o yaml`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			pools, err := c.Pools(cmd.Context())
			if err != nil {
				return err
			}
			return a.showList(api.PoolList{Pools: pools}, poolRows(pools, time.Now()), term.Table, "No pools.")
		},
	}
}

func poolRows(pools []api.Pool, now time.Time) [][]string {
	rows := [][]string{{"NAME", "ACTIVE", "DISABLED", "EXPIRED", "REVOKED", "CREATED", "DESCRIPTION"}}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	for _, p := range pools {
		rows = append(rows, []string{
			p.Name, number(p.Keys.Active), number(p.Keys.Disabled), number(p.Keys.Expired), number(p.Keys.Revoked),
			term.RelativeOr(&p.CreatedAt, now, "-"), term.OrDash(p.Description),
		})
	}
	return rows
}

func newPoolRotate(a *app) *cobra.Command {
	var r rotateFlags
	cmd := &cobra.Command{
		Use:   "rotate NAME",
		Short: "Replace all keys of a pool by new ones, in one act",
		Long: `Replaces every active and disabled key of a pool by a new one, all or none. The
old ones keep working for the overlap, so that the agents have time to change
over. Keys that were rotated before are left alone.

The new keys are printed once, each with its name; they cannot be shown again.`,
		Example: `  ostiary pool rotate edge
  ostiary pool rotate edge --overlap 7d --expires-in 365d -o json > edge-keys.json`,
		Args:              arguments("NAME"),
		ValidArgsFunction: a.completePools,
	}
	r.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		how, err := r.read(cmd)
		if err != nil {
			return err
		}
		c, err := a.connect(cmd)
		if err != nil {
			return err
		}
		a.changing = true
		keys, err := c.RotatePool(cmd.Context(), args[0], how)
		if err != nil {
			return err
		}
		if a.flags.output == formatTable {
			a.say("Rotated %s of the pool %q.", term.Count(len(keys), "key"), args[0])
			if len(keys) > 0 {
				a.say("%s", r.poolFate(&keys[0].Key, time.Now()))
				a.say("This is the only time that the whole keys are shown:")
			}
		}
		err = a.show(api.RotatedPool{Keys: keys}, func(w io.Writer) { term.Table(w, rotatedRows(keys)) })
		if err != nil {
			a.say("ostiary: the keys are made, but the only copy of them is lost; make others with: ostiary pool rotate %s", args[0])
		}
		return err
	}
	return cmd
}

// poolFate says for people until when the old keys of a pool work, and how long
// the new ones live, of which one is given: they were all made at one moment.
func (r *rotateFlags) poolFate(successor *api.Key, now time.Time) string {
	overlap := apikey.DefaultOverlap
	if r.overlap != "" {
		overlap, _ = apikey.ParseTTL(r.overlap) // the server has read it
	}
	fate := "The old keys have stopped working"
	if overlap > 0 {
		fate = "The old keys stop working " + term.Exactly(successor.CreatedAt.Add(overlap), now) + " at the latest"
	}
	if successor.ExpiresAt == nil {
		return fate + "; the new ones never expire."
	}
	return fate + "; the new ones expire " + term.Exactly(*successor.ExpiresAt, now) + "."
}

func rotatedRows(keys []api.IssuedKey) [][]string {
	rows := [][]string{{"ID", "NAME", "KEY"}}
	for _, k := range keys {
		rows = append(rows, []string{k.Key.ID, k.Key.Name, k.Token})
	}
	return rows
}

func newPoolRevoke(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "revoke NAME",
		Short: "Deny all keys of a pool for good, in one act",
		Long: `Denies all keys of a pool from the next request on, all or none, which cannot be
undone. Those that have expired are revoked as well. The keys stay listed; the
pool stays, and can have new keys.` + askHelp,
		Example: `  ostiary pool revoke edge
  ostiary pool revoke edge --yes`,
		Args:              arguments("NAME"),
		ValidArgsFunction: a.completePools,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := a.endPool(cmd, args, "Revoke all of them?")
		if err != nil {
			return err
		}
		n, err := c.RevokePool(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return a.show(api.RevokedPool{Pool: args[0], Revoked: n}, term.Line("Revoked %s of the pool %q.", term.Count(n, "key"), args[0]))
	}
	return cmd
}

func newPoolDelete(a *app) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "delete NAME",
		Short: "Remove a pool",
		Long: `Removes a pool. Its expired and revoked keys stay listed. A pool that has keys
which are active or disabled is kept, unless --force revokes these in the same
act.` + askHelp,
		Example: `  ostiary pool delete edge
  ostiary pool delete edge --force --yes`,
		Args:              arguments("NAME"),
		ValidArgsFunction: a.completePools,
	}
	cmd.Flags().BoolVar(&force, "force", false, "revoke all keys of the pool first")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		question := "Remove the pool?"
		if force {
			question = "Revoke all of its keys and remove it?"
		}
		c, err := a.endPool(cmd, args, question)
		if err != nil {
			return err
		}
		if err := c.DeletePool(cmd.Context(), args[0], force); err != nil {
			return err
		}
		return a.showDone(term.Line("Deleted the pool %q.", args[0]))
	}
	return cmd
}

// endPool connects for a command that ends the keys of a pool, after it has
// asked.
func (a *app) endPool(cmd *cobra.Command, args []string, question string) (*client.Client, error) {
	if err := a.mayConfirm(cmd, args); err != nil {
		return nil, err
	}
	c, err := a.connect(cmd)
	if err != nil {
		return nil, err
	}
	if !a.flags.yes {
		pools, err := c.Pools(cmd.Context())
		if err != nil {
			return nil, err
		}
		for _, p := range pools {
			if p.Name == args[0] {
				a.say("The pool %q has %s that can be used, of which %d are active.", p.Name, term.Count(int(p.Keys.Active+p.Keys.Disabled), "key"), p.Keys.Active)
			}
		}
	}
	if err := a.confirm(cmd.Context(), question); err != nil {
		return nil, err
	}
	a.changing = true
	return c, nil
}

// completePools completes names of pools.
func (a *app) completePools(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return a.completeFromServer(cmd, args, func(ctx context.Context, c *client.Client) (found []cobra.Completion, err error) {
		pools, err := c.Pools(ctx)
		for _, p := range pools {
			found = append(found, cobra.CompletionWithDesc(p.Name, fmt.Sprintf("%d active", p.Keys.Active)))
		}
		return found, err
	})
}
