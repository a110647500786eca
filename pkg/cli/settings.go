package cli

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/node"
)

// addSettings gives a command the flags of a server's settings, or of those
// alone whose keys are named.
func addSettings(cmd *cobra.Command, only ...string) {
	node.AddFlags(cmd.Flags(), only...)
	_ = cmd.MarkFlagFilename("config", "yaml", "yml")
	_ = cmd.MarkFlagDirname("data-dir")
}

// loadConfig reads the server's configuration for a command with addSettings.
func loadConfig(cmd *cobra.Command) (*node.Config, error) {
	file, err := cmd.Flags().GetString("config")
	if err != nil {
		return nil, err
	}
	return node.LoadConfig(node.Source{File: file, EnvPrefix: node.EnvPrefix, LookupEnv: os.LookupEnv, Flags: cmd.Flags()})
}
