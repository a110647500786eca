package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/config"
)

// addSettings gives a command the flags of a server's settings, or of those
// alone whose keys are named.
func addSettings(cmd *cobra.Command, only ...string) {
	config.AddFlags(cmd.Flags(), only...)
	_ = cmd.MarkFlagFilename("config", "yaml", "yml")
	_ = cmd.MarkFlagDirname("data-dir")
}

// loadConfig reads the server's configuration for a command with addSettings,
// and warns of variables that are not read.
func loadConfig(cmd *cobra.Command) (*config.Config, error) {
	for _, v := range unknownVariables() {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "ostiary: warning: the environment variable %s\n", v)
	}
	cfg, err := readConfig(cmd)
	if err != nil {
		return nil, err
	}
	for _, w := range cfg.Warnings {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "ostiary: warning: %s\n", w)
	}
	return cfg, nil
}

func readConfig(cmd *cobra.Command) (*config.Config, error) {
	file, err := cmd.Flags().GetString("config")
	if err != nil {
		return nil, err
	}
	return config.Load(config.Source{File: file, EnvPrefix: config.EnvPrefix, LookupEnv: os.LookupEnv,
		Flags: cmd.Flags()})
}

// clientVariables are those of the commands that ask a server.
var clientVariables = []string{"OSTIARY_URL", "OSTIARY_API_KEY", "OSTIARY_API_KEY_FILE", "OSTIARY_CONTEXT",
	"OSTIARY_CA_FILE", "OSTIARY_INSECURE"}

func unknownVariables() []config.UnknownVariable {
	return config.UnknownVariables(os.Environ(), config.EnvPrefix, clientVariables...)
}
