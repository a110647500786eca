package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
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
	var resume string
	cmd := &cobra.Command{
		Use:   "rotate NAME",
		Short: "Give all keys of a pool another token",
		Long: `Gives every active and disabled key of a pool another token. The other tokens
keep working for the overlap, so that the agents have time to change over.

The keys are rotated in steps, and the tokens of each are printed when it is
done, each with the name of its key; they cannot be shown again. If it stops on
the way, it says how to go on from there.`,
		Example: `  ostiary pool rotate edge
  ostiary pool rotate edge --overlap 7d --expires-in 365d -o json > edge-keys.json`,
		Args:              arguments("NAME"),
		ValidArgsFunction: a.completePools,
	}
	r.add(cmd)
	cmd.Flags().StringVar(&resume, "resume", "", "`CURSOR` to go on from, as printed when it stopped")
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
		done := api.RotatedPool{Keys: []api.IssuedKey{}}
		request := api.RotatePool{RotateKey: how, Cursor: resume}
		for {
			step, err := c.RotatePool(cmd.Context(), args[0], request)
			if err != nil {
				return a.stopped(args[0], done, request.Cursor, err)
			}
			if err := a.showStep(&r, step.Keys, len(done.Keys) == 0); err != nil {
				a.say("ostiary: the tokens are made, but the only copy of them is lost; make others with: ostiary pool rotate %s", args[0])
				return err
			}
			done.Keys = append(done.Keys, step.Keys...)
			if request.Cursor = step.NextCursor; request.Cursor == "" {
				break
			}
		}
		a.say("Rotated %s of the pool %q.", term.Count(len(done.Keys), "key"), args[0])
		if a.flags.output == formatTable {
			return nil
		}
		return a.show(done, nil)
	}
	return cmd
}

// showStep prints the tokens of a step of the rotation of a pool at once where
// they are lines of a table; the other formats are one whole.
func (a *app) showStep(r *rotateFlags, keys []api.IssuedKey, first bool) error {
	if a.flags.output != formatTable || len(keys) == 0 {
		return nil
	}
	rows := rotatedRows(keys)
	if first {
		a.say("%s", r.poolFate(&keys[0].Key, time.Now()))
		a.say("This is the only time that the whole keys are shown:")
	} else {
		rows = rows[1:]
	}
	return a.show(keys, func(w io.Writer) { term.Table(w, rows) })
}

// stopped shows what a rotation of a pool has done before err, and says how to
// go on.
func (a *app) stopped(pool string, done api.RotatedPool, cursor string, err error) error {
	if cursor == "" {
		return err
	}
	if a.flags.output != formatTable {
		done.NextCursor = cursor
		if shown := a.show(done, nil); shown != nil {
			return shown
		}
	}
	a.say("ostiary: note: it stopped after %s; go on with: ostiary pool rotate %s --resume %s",
		term.Count(len(done.Keys), "key"), term.Quote(pool), cursor)
	return err
}

// poolFate says for people until when the other tokens of a pool work, and how
// long its keys live, of which one is given.
func (r *rotateFlags) poolFate(k *api.Key, now time.Time) string {
	overlap := apikey.DefaultOverlap
	if r.overlap != "" {
		overlap, _ = apikey.ParseTTL(r.overlap) // the server has read it
	}
	fate := "Their other tokens have stopped working"
	if overlap > 0 {
		fate = "Their other tokens stop working " + term.Exactly(newest(k).CreatedAt.Add(overlap), now) +
			" at the latest"
	}
	if k.ExpiresAt == nil {
		return fate + "; the keys never expire."
	}
	return fate + "; the keys expire " + term.Exactly(*k.ExpiresAt, now) + "."
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
		return a.show(api.RevokedPool{Pool: args[0], Revoked: n},
			term.Line("Revoked %s of the pool %q.", term.Count(n, "key"), args[0]))
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
	c, err := a.connect(cmd)
	if err != nil {
		return nil, err
	}
	if !a.flags.yes {
		pools, err := c.Pools(cmd.Context())
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(pools, func(p api.Pool) bool { return p.Name == args[0] })
		if i < 0 {
			return nil, failed(exitNotFound, "see which there are: ostiary pool list", "there is no pool %q", args[0])
		}
		if err := a.mayConfirm(cmd, args); err != nil {
			return nil, err
		}
		a.say("The pool %q has %s that can be used, of which %d are active.", args[0],
			term.Count(int(pools[i].Keys.Active+pools[i].Keys.Disabled), "key"), pools[i].Keys.Active)
	}
	if err := a.confirm(cmd.Context(), question); err != nil {
		return nil, err
	}
	a.changing = true
	return c, nil
}

// completePools completes names of pools.
func (a *app) completePools(
	cmd *cobra.Command, args []string, _ string,
) ([]cobra.Completion, cobra.ShellCompDirective) {
	return a.completeFromServer(cmd, args,
		func(ctx context.Context, c *client.Client) (found []cobra.Completion, err error) {
			pools, err := c.Pools(ctx)
			for _, p := range pools {
				found = append(found, cobra.CompletionWithDesc(p.Name, fmt.Sprintf("%d active", p.Keys.Active)))
			}
			return found, err
		})
}
