package cli

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/pepper"
)

const pepperHelp = `It works on the pepper file itself, without a server: run it as the user who
runs the server, or Grafana if the gate is the plugin's, with the same settings.`

func newPepperCommand(a *app) *cobra.Command {
	return offline(group(&cobra.Command{
		Use:   "pepper",
		Short: "Seal the pepper file with a passphrase or a key",
		Long: `Seals the pepper, without which no key can be verified, under a passphrase or a
key file: AES-256-GCM with a key from Argon2id or HKDF-SHA256. Who steals the
file alone can then do nothing with it. A server needs the same setting to start.

` + pepperHelp,
		Example: `  ostiary pepper status
  ostiary pepper seal --pepper.passphrase-file pass.txt`,
	}, newPepperStatus(a), newPepperSeal(a), newPepperUnseal(a)))
}

func newPepperStatus(a *app) *cobra.Command {
	return pepperCommand(&cobra.Command{
		Use:   "status",
		Short: "Say whether the pepper file is sealed, and whether it opens",
		Long: `Says whether the pepper file is sealed and whether a server could start with it.
The exit code is 1 if it could not.

` + pepperHelp,
		Example: `  ostiary pepper status
  ostiary pepper status --config ostiary.yaml -o json`,
	}, func(cfg *config.Config) error {
		s, err := pepper.StatusOf(cfg.Pepper)
		if err != nil {
			return err
		}
		if err := a.show(s, func(w io.Writer) { term.Table(w, pepperRows(s)) }); err != nil {
			return err
		}
		if !s.Opens {
			return failed(exitFailed, "", "%s", s.Reason)
		}
		return nil
	})
}

func pepperRows(s *pepper.Status) [][]string {
	yes := map[bool]string{true: "yes", false: "no"}
	return [][]string{
		{"File", s.File},
		{"Sealed", yes[s.Sealed]},
		{"With", term.OrDash(s.With)},
		{"Key from", term.OrDash(s.KDF)},
		{"Opens", yes[s.Opens]},
		{"Peppers", term.OrDash(strings.Join(s.IDs, ", "))},
	}
}

func newPepperSeal(a *app) *cobra.Command {
	return pepperCommand(&cobra.Command{
		Use:   "seal",
		Short: "Encrypt the pepper file",
		Long: `Encrypts the pepper file under the passphrase in pepper.passphrase_file or the
key in pepper.key_file. The file is replaced as a whole, or stays as it is. A
running server is not disturbed; its next start needs the same setting.

Losing the passphrase or the key file locks out every key: keep a copy. Older
copies of the unsealed file, in backups for example, are still unsealed.

` + pepperHelp,
		Example: `  ostiary pepper seal --pepper.passphrase-file pass.txt

  head -c 32 /dev/urandom > seal.key
  ostiary pepper seal --pepper.key-file seal.key`,
	}, func(cfg *config.Config) error {
		if err := pepper.SealFile(cfg.Pepper); err != nil {
			return err
		}
		return a.show(map[string]any{"file": cfg.Pepper.Name, "sealed": true}, term.Line("Sealed %s.", cfg.Pepper.Name))
	})
}

func newPepperUnseal(a *app) *cobra.Command {
	return pepperCommand(&cobra.Command{
		Use:   "unseal",
		Short: "Decrypt the pepper file",
		Long: `Takes the seal from the pepper file, so that it can be sealed with another
passphrase or key. The file is replaced as a whole, or stays as it is.

` + pepperHelp,
		Example: `  ostiary pepper unseal --pepper.passphrase-file pass.txt
  ostiary pepper unseal --config ostiary.yaml`,
	}, func(cfg *config.Config) error {
		if err := pepper.UnsealFile(cfg.Pepper); err != nil {
			return err
		}
		return a.show(map[string]any{"file": cfg.Pepper.Name, "sealed": false},
			term.Line("Unsealed %s.", cfg.Pepper.Name))
	})
}

// pepperCommand makes a command that works on the configured pepper file.
func pepperCommand(cmd *cobra.Command, run func(*config.Config) error) *cobra.Command {
	cmd.Args = arguments()
	addSettings(cmd, "data_dir", "pepper_file", "pepper.passphrase_file", "pepper.key_file")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := loadConfig(cmd)
		if err != nil {
			return err
		}
		return run(cfg)
	}
	return offline(cmd)
}
