package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
)

// updateFlags are those of "key update".
type updateFlags struct {
	name, description, owner, role, pool      string
	enable, disable                           bool
	disabledFor                               string
	labels, endpoints, cidrs, tenants, limits []string
	clearLabels, clearPool                    bool
	clearEndpoints, clearCIDRs                bool
	clearTenants, clearLimits                 bool
	lifetime                                  lifetimeFlags
	force                                     bool
}

func newKeyUpdate(a *app) *cobra.Command {
	var u updateFlags
	cmd := &cobra.Command{
		Use:   "update ID",
		Short: "Change a key",
		Long: `Changes what the flags name and leaves the rest as it is, for all tokens of the
key. A disabled key is denied until it is enabled again, or for the time of
--for. Lists, labels and limits are replaced as a whole. ` + idHelp + `

` + limitHelp,
		Example: `  ostiary key update edge-agents --expires-in 90d
  ostiary key update 4fjK2n0qPz7a --name edge --description 'agents at the edge'
  ostiary key update edge-agents --disable --for 10m
  ostiary key update edge-agents --owner sre@example.com --label team=sre --label env=prod
  ostiary key update edge-agents --limit requestsPerSecond=50 --limit burst=100
  ostiary key update edge-agents --endpoint pyroscope --endpoint tempo --clear-cidrs`,
		Args:              arguments("ID"),
		ValidArgsFunction: a.completeKeys,
	}
	u.add(a, cmd)
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
		a.warnOfEndpoints(cmd.Context(), c, u.endpoints)
		return a.showKey(k)
	}
	return cmd
}

func (u *updateFlags) add(a *app, cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&u.name, "name", "", "new `NAME`")
	f.StringVar(&u.description, "description", "", "new `TEXT` that says what it is for")
	f.StringVar(&u.owner, "owner", "", "new `OWNER`, who answers for it")
	labelsVar(f, &u.labels, "use --clear-labels to take all labels away",
		"`LABEL` such as team=sre, in place of all that it has; may be repeated")
	f.BoolVar(&u.clearLabels, "clear-labels", false, "take all labels away")
	f.StringVar(&u.role, "role", "", "`ROLE`: Admin, Editor, Viewer or Agent")
	f.StringVar(&u.pool, "pool", "", "agent `POOL` that it belongs to; it is made if it is not there")
	f.BoolVar(&u.clearPool, "clear-pool", false, "let it belong to no pool")
	f.BoolVar(&u.enable, "enable", false, "let it in again")
	f.BoolVar(&u.disable, "disable", false, "deny it until it is enabled")
	f.StringVar(&u.disabledFor, "for", "",
		"with --disable: `TIME` after which it is let in again by itself, such as 10m")
	listVar(f, &u.endpoints, "endpoint", "use --clear-endpoints to let the key open every endpoint",
		"`NAME` of an endpoint that it opens; may be repeated")
	f.BoolVar(&u.clearEndpoints, "clear-endpoints", false, "let it open every endpoint")
	listVar(f, &u.cidrs, "allow-cidr", "use --clear-cidrs to let the key be used from everywhere",
		"`BLOCK` of addresses that it may be used from, such as 10.0.0.0/8; may be repeated")
	f.BoolVar(&u.clearCIDRs, "clear-cidrs", false, "let it be used from everywhere")
	listVar(f, &u.tenants, "tenant", "use --clear-tenants to take all tenants away",
		"`TENANT` that it may act for; may be repeated")
	f.BoolVar(&u.clearTenants, "clear-tenants", false, "let it act for no tenant")
	limitsVar(f, &u.limits, "use --clear-limits to lift all limits", limitUsage)
	f.BoolVar(&u.clearLimits, "clear-limits", false, "lift all limits")
	u.lifetime.add(cmd, "")
	f.BoolVar(&u.force, "force", false, forceHelp)
	complete(cmd, "role", roleCompletions())
	complete(cmd, "pool", a.completePools)
	complete(cmd, "endpoint", a.completeEndpoints)
	complete(cmd, "limit", limitCompletions())
	complete(cmd, "for", fixedCompletions("1m", "10m", "1h", "24h"))
}

// updating are the flags that change something.
var updating = []string{
	"name", "description", "owner", "label", "clear-labels", "role", "pool", "clear-pool", "enable", "disable",
	"endpoint", "clear-endpoints",
	"allow-cidr", "clear-cidrs", "tenant", "clear-tenants", "limit", "clear-limits", "expires-in", "expiration",
	"never",
}

// check refuses flags that say nothing, or what contradicts itself.
func (u *updateFlags) check(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	switch {
	case given("for") && !given("disable"):
		return usageError("--for goes with --disable")
	case !slices.ContainsFunc(updating, given):
		return usageError("nothing to change; use one of --%s", strings.Join(updating, ", --"))
	}
	for _, pair := range [][]string{
		{"enable", "disable"}, {"label", "clear-labels"}, {"pool", "clear-pool"}, {"endpoint", "clear-endpoints"},
		{"allow-cidr", "clear-cidrs"}, {"tenant", "clear-tenants"}, {"limit", "clear-limits"},
	} {
		if err := exclusive(cmd, pair...); err != nil {
			return err
		}
	}
	return filled(cmd, "pool", "for")
}

// read turns the flags that were given into a request.
func (u *updateFlags) read(cmd *cobra.Command) (change api.UpdateKey, err error) {
	if err := u.check(cmd); err != nil {
		return change, err
	}
	given := cmd.Flags().Changed
	text := func(name string, value *string) *string {
		if given(name) {
			return value
		}
		return nil
	}
	change.Name, change.Description = text("name", &u.name), text("description", &u.description)
	change.Owner, change.Role, change.Pool = text("owner", &u.owner), text("role", &u.role), text("pool", &u.pool)
	if u.clearPool {
		change.Pool = new(string)
	}
	switch {
	case given("enable"):
		change.Enabled = &u.enable
	case given("disable"):
		enabled := !u.disable
		change.Enabled, change.DisabledFor = &enabled, api.Span(u.disabledFor)
	}
	u.readLists(given, &change)
	change.ExpiresIn, change.ExpiresAt, err = u.lifetime.read(cmd)
	return change, err
}

// readLists reads what is replaced as a whole.
func (u *updateFlags) readLists(given func(string) bool, change *api.UpdateKey) {
	if given("label") || u.clearLabels {
		labels := map[string]string{}
		if given, _ := labelsOf(u.labels); given != nil { // which were looked at when they were given
			labels = given
		}
		change.Labels = &labels
	}
	if given("endpoint") || u.clearEndpoints {
		change.Endpoints = list(u.endpoints)
	}
	if given("allow-cidr") || u.clearCIDRs {
		change.AllowedCIDRs = list(u.cidrs)
	}
	if given("tenant") || u.clearTenants {
		change.Tenants = list(u.tenants)
	}
	if given("limit") || u.clearLimits {
		limits, _ := limitsOf(u.limits)
		change.Limits = &limits
	}
}

// list is the list to send: an empty one takes a restriction away.
func list(given []string) *[]string {
	out := append([]string{}, given...)
	return &out
}
