package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

func newPolicyCommand(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "policy",
		Short: "Show and change the limits for new keys",
		Long: `Shows the limits in force for new keys, and changes them on a server with
gate.endpoints_in_store: true. What the server's flags, environment or file say
goes first, and is changed there alone. In Grafana, the settings of the plugin say
the policy.`,
		Example: `  ostiary policy get
  ostiary policy set --max-ttl 365d --default-ttl 30d`,
	}, newPolicyGet(a), newPolicySet(a))
}

func newPolicyGet(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "get",
		Short: "Show the limits for new keys",
		Long:  "Shows the limits for new keys, and which of them may be changed here.",
		Example: `  ostiary policy get
  ostiary policy get -o json`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			p, err := c.Policy(cmd.Context())
			if err != nil {
				return err
			}
			return a.showPolicy(p)
		},
	}
}

func newPolicySet(a *app) *cobra.Command {
	var defaultTTL, maxTTL string
	var roles []string
	cmd := &cobra.Command{
		Use:   "set",
		Short: "Change the limits for new keys",
		Long:  "Changes what the flags name and leaves the rest as it is. Keys that are there stay as they are.",
		Example: `  ostiary policy set --max-ttl 365d
  ostiary policy set --default-ttl 30d --role Viewer --role Agent
  ostiary policy set --max-ttl 0`,
		Args: arguments(),
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&defaultTTL, "default-ttl", "", "`TIME` that a key lives for which none is asked, such as 90d; never = no end")
	f.StringVar(&maxTTL, "max-ttl", "", "longest `TIME` that a new key may live, such as 365d; 0 = no limit")
	listVar(f, &roles, "role", "name the roles; all of them for no restriction",
		"`ROLE` that may be issued, in place of all that may now; may be repeated")
	complete(cmd, "role", roleCompletions())
	complete(cmd, "default-ttl", fixedCompletions("30d", "90d", "365d", "never"))
	complete(cmd, "max-ttl", fixedCompletions("90d", "365d", "0"))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var u api.UpdatePolicy
		if f.Changed("default-ttl") {
			span := api.Span(defaultTTL)
			u.DefaultTTL = &span
		}
		if f.Changed("max-ttl") {
			span := api.Span(maxTTL)
			u.MaxTTL = &span
		}
		if f.Changed("role") {
			u.Roles = &roles
		}
		if u == (api.UpdatePolicy{}) {
			return usageError("nothing to change; use one of --default-ttl, --max-ttl, --role")
		}
		if err := filled(cmd, "default-ttl", "max-ttl"); err != nil {
			return err
		}
		c, err := a.connect(cmd)
		if err != nil {
			return err
		}
		a.changing = true
		p, err := c.UpdatePolicy(cmd.Context(), u)
		if err != nil {
			return err
		}
		return a.showPolicy(p)
	}
	return cmd
}

func (a *app) showPolicy(p *api.Policy) error {
	return a.show(p, func(w io.Writer) {
		ttl := func(seconds int64) string { return apikey.FormatTTL(time.Duration(seconds) * time.Second) }
		longest := "no limit"
		if p.MaxTTL > 0 {
			longest = ttl(p.MaxTTL)
		}
		var roles []string
		for _, r := range p.Roles {
			roles = append(roles, r.String())
		}
		changed := "nothing of it"
		if len(p.Editable) > 0 {
			changed = strings.Join(p.Editable, ", ")
		}
		_, _ = fmt.Fprintf(w, "Lifetime if none is asked:  %s\nLongest lifetime:           %s\nRoles that may be issued:   %s\nMay be changed here:        %s\n",
			ttl(p.DefaultTTL), longest, strings.Join(roles, ", "), changed)
		if p.Problem != "" {
			_, _ = fmt.Fprintf(w, "\n%s\n", p.Problem)
		}
	})
}
