package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/client"
)

// rotateFlags say how keys are rotated.
type rotateFlags struct {
	overlap  string
	lifetime lifetimeFlags
}

func (r *rotateFlags) add(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&r.overlap, "overlap", "", "`TIME` that an old key keeps working; 0 stops it at once (default 24h)")
	r.lifetime.add(cmd, ", of a new key (default the policy's)")
	complete(cmd, "overlap", fixedCompletions("0", "1h", "24h", "7d"))
}

func (r *rotateFlags) read(cmd *cobra.Command) (how api.RotateKey, err error) {
	if err := filled(cmd, "overlap"); err != nil {
		return how, err
	}
	how.Overlap = api.Span(r.overlap)
	how.ExpiresIn, how.ExpiresAt, err = r.lifetime.read(cmd)
	return how, err
}

func newKeyRotate(a *app) *cobra.Command {
	var r rotateFlags
	cmd := issuing(&cobra.Command{
		Use:   "rotate ID",
		Short: "Replace a key by a new one",
		Long: `Makes a new key with the name, the role and the restrictions of an old one. The
old one is renamed and keeps working for the overlap, so that its users have
time to change over. Without a lifetime, the new one lives as long as the
server's policy says, however long the old one did. ` + idHelp + `

` + tokenHelp,
		Example: `  ostiary key rotate edge-agents
  ostiary key rotate 4fjK2n0qPz7a --overlap 7d --expires-in 365d -o token > agents.key
  ostiary key rotate edge-agents --overlap 0`,
		Args:              arguments("ID"),
		ValidArgsFunction: a.completeKeys,
	})
	r.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		how, err := r.read(cmd)
		if err != nil {
			return err
		}
		c, old, err := a.connectTo(cmd, args[0])
		if err != nil {
			return err
		}
		a.changing = true
		issued, err := c.Rotate(cmd.Context(), old.ID, how)
		if err != nil {
			return err
		}
		if note := r.otherLifetime(old, &issued.Key, time.Now()); note != "" {
			a.say("ostiary: note: %s", note)
		}
		return a.showIssued(issued, a.fate(cmd.Context(), c, old.ID))
	}
	return cmd
}

// otherLifetime says for people that a new key does not live as long as the old
// one was meant to, if nobody asked for that: without a lifetime, the policy
// decides and not the old key.
func (r *rotateFlags) otherLifetime(old, successor *api.Key, now time.Time) string {
	const slack = time.Minute // of requests that took their time
	switch {
	case r.lifetime.given():
		return ""
	case old.ExpiresAt == nil && successor.ExpiresAt == nil:
		return ""
	case old.ExpiresAt == nil:
		return fmt.Sprintf("the old key would never have expired, the new one %s; --never keeps a key so", expiry(successor, now))
	}
	was := old.ExpiresAt.Sub(old.CreatedAt)
	if successor.ExpiresAt != nil && (was-successor.ExpiresAt.Sub(successor.CreatedAt)).Abs() <= slack {
		return ""
	}
	return fmt.Sprintf("the old key was made for %s, the new one %s, as the server's policy says; --expires-in %s keeps a key so", term.Rough(was), expiry(successor, now), span(was))
}

// span writes a time to live for --expires-in, rounded to a unit of which it
// has two.
func span(d time.Duration) string {
	for _, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute} {
		if d >= 2*unit {
			return apikey.FormatTTL(d.Round(unit))
		}
	}
	return apikey.FormatTTL(max(d.Round(time.Second), time.Second))
}

// fate says for people until when a rotated key works. The rotation is done,
// whether or not this can be told.
func (a *app) fate(ctx context.Context, c *client.Client, id string) string {
	if a.flags.output != formatTable {
		return ""
	}
	old, err := c.Key(ctx, id)
	if err != nil || old.ExpiresAt == nil {
		return fmt.Sprintf("The old key %s is replaced.", id)
	}
	return fmt.Sprintf("The old key %s stops working %s.", id, term.Exactly(*old.ExpiresAt, time.Now()))
}
