package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

const tokenHelp = `The whole key is printed once, alone on stdout; it cannot be shown again. With
-o token nothing but the key is printed, and -o json gives it with all that
belongs to it.`

// lifetimeFlags say how long a key shall live.
type lifetimeFlags struct {
	in, at string
	never  bool
}

func (l *lifetimeFlags) add(cmd *cobra.Command, otherwise string) {
	f := cmd.Flags()
	f.StringVar(&l.in, "expires-in", "", "`TIME` to live from now: seconds, or such as 90d or 12h"+otherwise)
	f.StringVar(&l.at, "expiration", "", "last `DAY`, yyyy-MM-dd (until its end, UTC), or the moment, such as 2027-01-31T12:00:00Z")
	f.BoolVar(&l.never, "never", false, "the key does not expire")
	complete(cmd, "expires-in", fixedCompletions("1d", "7d", "30d", "90d", "365d"))
}

func (l *lifetimeFlags) read(cmd *cobra.Command) (api.Span, api.Expiry, error) {
	if err := exclusive(cmd, "expires-in", "expiration", "never"); err != nil {
		return "", "", err
	}
	if err := filled(cmd, "expires-in", "expiration"); err != nil {
		return "", "", err
	}
	if l.never {
		return api.Never, "", nil
	}
	return api.Span(l.in), api.Expiry(l.at), nil
}

func newKeyCreate(a *app) *cobra.Command {
	var k api.CreateKey
	var lifetime lifetimeFlags
	cmd := issuing(&cobra.Command{
		Use:   "create NAME",
		Short: "Make a key",
		Long: `Makes a key. Without a role it is an Agent, which may ingest and nothing else;
without a lifetime it lives as long as the server's policy says.

` + tokenHelp,
		Example: `  ostiary key create edge-agents
  ostiary key create deploy --role Editor --expires-in 12h -o token > deploy.key
  ostiary key create prometheus --role Viewer --endpoint kuma --allow-cidr 10.0.0.0/8 --expiration 2027-12-31`,
	})
	f := cmd.Flags()
	f.SortFlags = false
	nameArgument(cmd, &k.Name, "`NAME`, which no other key has")
	f.StringVar(&k.Description, "description", "", "`TEXT` that says what it is for")
	f.StringVar(&k.Role, "role", apikey.RoleAgent.String(), "`ROLE`: Admin, Editor, Viewer or Agent")
	f.StringVar(&k.Pool, "pool", "", "agent `POOL` that it belongs to; it is made if it is not there")
	f.StringSliceVar(&k.Endpoints, "endpoint", nil, "`NAME` of an endpoint that it opens; may be repeated (default all)")
	f.StringSliceVar(&k.AllowedCIDRs, "allow-cidr", nil, "`BLOCK` of addresses that it may be used from, such as 10.0.0.0/8; may be repeated (default all)")
	lifetime.add(cmd, " (default the policy's)")
	complete(cmd, "role", roleCompletions())
	complete(cmd, "pool", a.completePools)
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if k.ExpiresIn, k.ExpiresAt, err = lifetime.read(cmd); err != nil {
			return err
		}
		c, err := a.connect(cmd)
		if err != nil {
			return err
		}
		a.changing = true
		issued, err := c.Create(cmd.Context(), k)
		if err != nil {
			return err
		}
		return a.showIssued(issued, "")
	}
	return cmd
}

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
time to change over. ` + idHelp + `

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
		c, err := a.connect(cmd)
		if err != nil {
			return err
		}
		old, err := findKey(cmd.Context(), c, args[0])
		if err != nil {
			return err
		}
		a.changing = true
		issued, err := c.Rotate(cmd.Context(), old.ID, how)
		if err != nil {
			return err
		}
		if old.ExpiresAt == nil && issued.Key.ExpiresAt != nil {
			a.say("ostiary: note: the old key would never have expired, the new one %s; --never keeps a key so", expiry(&issued.Key, time.Now()))
		}
		return a.showIssued(issued, a.fate(cmd.Context(), c, old.ID))
	}
	return cmd
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
	return fmt.Sprintf("The old key %s stops working %s.", id, exactly(*old.ExpiresAt, time.Now()))
}

// showIssued prints a new key's token, with an explanation for people.
func (a *app) showIssued(issued *api.IssuedKey, more string) error {
	k := issued.Key
	if a.flags.output == formatTable {
		a.say("Made the key %q (%s), role %s, %s.", k.Name, k.ID, k.Role, expiry(&k, time.Now()))
		if more != "" {
			a.say("%s", more)
		}
		a.say("This is the only time that the whole key is shown:")
	}
	return a.showToken(issued, issued.Token)
}

// showToken writes an answer that holds a token; line is its form for people.
func (a *app) showToken(issued *api.IssuedKey, line string) error {
	if a.flags.output == formatToken {
		line = issued.Token
	}
	err := a.show(issued, func(w io.Writer) { _, _ = fmt.Fprintln(w, printable(line)) })
	if err != nil {
		a.say("ostiary: the key %q (%s) is made, but the only copy of it is lost; make another with: ostiary key rotate %s", issued.Key.Name, issued.Key.ID, issued.Key.ID)
	}
	return err
}

// expiry says when a key expires.
func expiry(k *api.Key, now time.Time) string {
	if k.ExpiresAt == nil {
		return "never expires"
	}
	return "expires " + exactly(*k.ExpiresAt, now)
}
