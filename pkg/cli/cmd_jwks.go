package cli

import (
	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/admin"
)

// newJWKSCommand makes "ostiary jwks".
func newJWKSCommand(a *app) *cobra.Command {
	cmd := offline(&cobra.Command{
		Use:   "jwks",
		Short: "Print the public key of the gate's tokens for Grafana",
		Long: `Print the JSON Web Key Set with which Grafana checks the assertions that the
gate makes for endpoints with "assert: grafana". It reads the private key in the
data directory, and makes it if there is none: run it as the user who runs the
server, or Grafana if the gate is the plugin's.

The gate itself serves the same key set at /.well-known/jwks.json.`,
		Example: `  ostiary jwks > /etc/grafana/ostiary-jwks.json

  # The gate is the plugin's, inside Grafana
  sudo -u grafana ostiary jwks --data-dir /var/lib/grafana/ostiary`,
		Args: arguments(),
	})
	addSettings(cmd, "data_dir")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := loadConfig(cmd)
		if err != nil {
			return err
		}
		keySet, err := admin.KeySet(cfg)
		if err != nil {
			return err
		}
		_, err = a.out.Write(keySet)
		return err
	}
	return cmd
}
