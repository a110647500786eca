package cli

import (
	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

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
	listVar(f, &k.Endpoints, "endpoint", "leave it out for a key that opens every endpoint", "`NAME` of an endpoint that it opens; may be repeated (default all)")
	listVar(f, &k.AllowedCIDRs, "allow-cidr", "leave it out for a key that may be used from everywhere", "`BLOCK` of addresses that it may be used from, such as 10.0.0.0/8; may be repeated (default all)")
	lifetime.add(cmd, " (default the policy's)")
	complete(cmd, "role", roleCompletions())
	complete(cmd, "pool", a.completePools)
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if err := filled(cmd, "pool"); err != nil {
			return err
		}
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
