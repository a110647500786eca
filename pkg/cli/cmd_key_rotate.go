package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
)

// rotateFlags say how keys are rotated.
type rotateFlags struct {
	overlap  string
	lifetime lifetimeFlags
}

func (r *rotateFlags) add(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&r.overlap, "overlap", "",
		"`TIME` that the other tokens keep working; 0 stops them at once (default 24h)")
	r.lifetime.add(cmd, ", of the key from now on (default the policy's)")
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
	var s selection
	cmd := issuing(&cobra.Command{
		Use:   "rotate [ID]",
		Short: "Give a key another token",
		Long: `Adds a token to a key. Its other tokens keep working for the overlap, so that
its users have time to change over. Without a lifetime, the key lives from now
on as long as the server's policy says, however long it did before. ` + idHelp + selectHelp + `

` + tokenHelp,
		Example: `  ostiary key rotate edge-agents
  (umask 077 && ostiary key rotate 4fjK2n0qPz7a --overlap 7d --expires-in 365d -o token > agents.key)
  ostiary key rotate edge-agents --overlap 0
  ostiary key rotate --label team=sre --expires 7d -o json --yes > keys.json`,
		Args:              s.oneOrSelected,
		ValidArgsFunction: a.completeKeys,
	})
	r.add(cmd)
	s.add(a, cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		how, err := r.read(cmd)
		if err != nil {
			return err
		}
		if len(args) == 0 {
			return a.rotateSelected(cmd, &s, &r, how)
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
		return a.showIssued("Rotated", issued, otherTokens(&issued.Key, time.Now()),
			a.whoChanges(cmd.Context(), c, &issued.Key))
	}
	return cmd
}

// otherLifetime says for people that a rotated key does not live as long as it
// was meant to, if nobody asked for that: without a lifetime, the policy
// decides.
func (r *rotateFlags) otherLifetime(before, after *api.Key, now time.Time) string {
	const slack = time.Minute // of requests that took their time
	switch {
	case r.lifetime.given():
		return ""
	case before.ExpiresAt == nil && after.ExpiresAt == nil:
		return ""
	case before.ExpiresAt == nil:
		return fmt.Sprintf("the key would never have expired, and now %s; --never keeps a key so", expiry(after, now))
	}
	was := before.ExpiresAt.Sub(newest(before).CreatedAt)
	if after.ExpiresAt != nil && (was-after.ExpiresAt.Sub(newest(after).CreatedAt)).Abs() <= slack {
		return ""
	}
	return fmt.Sprintf("the key was to live for %s, and now %s, as the server's policy says; --expires-in %s keeps a key so", term.Rough(was), expiry(after, now), span(was))
}

// newest is a key's newest token, which every server returns.
func newest(k *api.Key) api.Token {
	if len(k.Tokens) == 0 {
		return api.Token{CreatedAt: k.CreatedAt}
	}
	return k.Tokens[len(k.Tokens)-1]
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

// otherTokens says for people until when the tokens of a rotated key work that it
// had before.
func otherTokens(k *api.Key, now time.Time) string {
	var last *time.Time
	for _, t := range k.Tokens[:max(0, len(k.Tokens)-1)] {
		alive := t.State == apikey.StateActive || t.State == apikey.StateDisabled // which comes back with the key
		if alive && t.ExpiresAt != nil && (last == nil || t.ExpiresAt.After(*last)) {
			last = t.ExpiresAt
		}
	}
	if last == nil {
		return "Its other tokens have stopped working."
	}
	return fmt.Sprintf("Its other tokens stop working %s.", term.Exactly(*last, now))
}
