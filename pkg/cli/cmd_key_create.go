package cli

import (
	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

func newKeyCreate(a *app) *cobra.Command {
	var k api.CreateKey
	var lifetime lifetimeFlags
	var labels, limits []string
	cmd := issuing(&cobra.Command{
		Use:   "create NAME",
		Short: "Make a key",
		Long: `Makes a key. Without a role it is an Agent, which may ingest and nothing else;
without a lifetime it lives as long as the server's policy says. Without an
owner, whoever makes it answers for it.

` + limitHelp + `

` + tokenHelp,
		Example: `  ostiary key create edge-agents
  (umask 077 && ostiary key create deploy --role Editor --expires-in 12h -o token > deploy.key)
  ostiary key create loki-edge --owner sre@example.com --label team=sre --tenant edge --limit requestsPerSecond=50
  ostiary key create prometheus --role Viewer --endpoint kuma --allow-cidr 10.0.0.0/8 --expiration 2027-12-31`,
	})
	f := cmd.Flags()
	f.SortFlags = false
	nameArgument(cmd, &k.Name, "`NAME`, which no other key has")
	f.StringVar(&k.Description, "description", "", "`TEXT` that says what it is for")
	f.StringVar(&k.Owner, "owner", "", "`OWNER`, who answers for it (default whoever makes it)")
	labelsVar(f, &labels, "leave it out for a key without labels", "`LABEL` such as team=sre; may be repeated")
	f.StringVar(&k.Role, "role", apikey.RoleAgent.String(), "`ROLE`: Admin, Editor, Viewer or Agent")
	f.StringVar(&k.Pool, "pool", "", "agent `POOL` that it belongs to; it is made if it is not there")
	listVar(f, &k.Endpoints, "endpoint", "leave it out for a key that opens every endpoint",
		"`NAME` of an endpoint that it opens; may be repeated (default all)")
	listVar(f, &k.AllowedCIDRs, "allow-cidr", "leave it out for a key that may be used from everywhere",
		"`BLOCK` of addresses that it may be used from, such as 10.0.0.0/8; may be repeated (default all)")
	listVar(f, &k.Tenants, "tenant", "leave it out for a key without tenants",
		"`TENANT` that it may act for; may be repeated (default none)")
	limitsVar(f, &limits, "leave it out for a key without limits", limitUsage)
	lifetime.add(cmd, " (default the policy's)")
	complete(cmd, "role", roleCompletions())
	complete(cmd, "pool", a.completePools)
	complete(cmd, "endpoint", a.completeEndpoints)
	complete(cmd, "limit", limitCompletions())
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if err := filled(cmd, "pool", "owner"); err != nil {
			return err
		}
		k.Labels, _ = labelsOf(labels) // which were looked at when they were given
		k.Limits, _ = limitsOf(limits)
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
		a.warnOfEndpoints(cmd.Context(), c, k.Endpoints)
		return a.showIssued("Made", issued)
	}
	return cmd
}
