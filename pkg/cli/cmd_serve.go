package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/certificate"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/console"
	"github.com/ostiary/ostiary/pkg/node"
	"github.com/ostiary/ostiary/pkg/secretfile"
)

// newServeCommand makes "ostiary serve".
func newServeCommand(a *app) *cobra.Command {
	var reset, check bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server: resource API, console and gate",
		Long: `Run the server: the resource API and the console on the management listener,
forward authentication and the reverse proxy on the gate.

The first start makes the data directory with an SQLite database and a pepper,
and prints the first Admin key once. Settings come from flags, over environment
variables (in brackets below), over the configuration file, over defaults.
Endpoints of the gate stand in the file. Relative paths in the file are relative
to its directory.

End the server with Ctrl+C or SIGTERM: it lets running requests finish. SIGHUP
makes it reload the endpoints of the gate, gate.headers, gate.schemes,
gate.trusted_proxies, gate.url, gate.endpoints_in_store, gate.upstreams,
auth.ingestion.enabled, notices, audit and the certificates, without dropping a
connection; with any mistake all of the old stays. Other settings count after a
restart.`,
		Example: `  # With defaults: data in ./data, management on 127.0.0.1:7171, gate on 127.0.0.1:7172
  ostiary serve

  # With a configuration file, and one setting changed
  ostiary serve --config ostiary.yaml --gate.listen 0.0.0.0:7172

  # Write the first Admin key to a file instead of the terminal
  ostiary serve --bootstrap-key-file admin.key

  # Look at a changed configuration file before the server takes it up
  ostiary serve --config ostiary.yaml --check

  # The Admin key was lost: make another one (on the machine with the data)
  ostiary serve --reset-admin`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if check {
				return a.checkConfig(cmd)
			}
			return a.serve(cmd, reset)
		},
	}
	cmd.Flags().SortFlags = false
	addSettings(cmd)
	complete(cmd, "log.level", fixedCompletions("debug", "info", "warn", "error"))
	complete(cmd, "log.format", fixedCompletions("text", "json"))
	cmd.Flags().BoolVar(&check, "check", false, "say what is wrong with the settings, and start nothing")
	cmd.Flags().BoolVar(&reset, "reset-admin", false, "make a new Admin key at the start, for who lost the last one")
	return cmd
}

// checkConfig reads the settings as serve does, and says that they are good, or what is wrong.
func (a *app) checkConfig(cmd *cobra.Command) error {
	cfg, err := loadConfig(cmd)
	if err != nil {
		return err
	}
	what := "The settings are"
	if cfg.File != "" {
		what = cfg.File + " is"
	}
	_, err = fmt.Fprintf(a.out, "%s good: %s.\n", what, term.Count(len(cfg.Gate.Endpoints), "endpoint"))
	return err
}

func (a *app) serve(cmd *cobra.Command, reset bool) error {
	ctx := cmd.Context() // ends with Ctrl+C and SIGTERM
	cfg, err := readConfig(cmd)
	if err != nil {
		return err
	}
	logger := cfg.Log.Logger(cmd.ErrOrStderr())
	for _, v := range unknownVariables() {
		logger.WarnContext(ctx, "an environment variable is not read", "variable", v.Name, "hint", v.Hint())
	}
	former, handedOver := "", false // where what the file of the Admin key held is now
	n, err := node.Start(ctx, cfg, node.Options{
		Version: Version, Logger: logger, Console: console.Handler(), Bootstrap: true, ResetAdmin: reset,
		HandOver: func(first *apikey.Issued) (err error) {
			handedOver = true
			if cfg.BootstrapKeyFile != "" {
				former, err = writeKeyFile(cfg.BootstrapKeyFile, first.Token)
			}
			return err
		},
	})
	if err != nil {
		return err
	}
	if cfg.BootstrapKeyFile != "" && !handedOver {
		logger.InfoContext(ctx, "no first Admin key was made, because the store has keys; --reset-admin makes another",
			"file", cfg.BootstrapKeyFile)
	}
	if err := greet(cmd.OutOrStdout(), n, cfg, former); err != nil {
		return errors.Join(err, n.Close(ctx))
	}
	err = a.keep(cmd, n)
	if err == nil {
		within := any(cfg.ShutdownGrace)
		if cfg.ShutdownGrace == 0 {
			within = "any time"
		}
		logger.Info("stopping; requests that run may finish", "within", within)
	}
	return errors.Join(err, n.Close(context.WithoutCancel(ctx)))
}

// keep waits until the server has to end, and reloads the configuration at every SIGHUP.
func (a *app) keep(cmd *cobra.Command, n *node.Node) error {
	for {
		select {
		case <-cmd.Context().Done():
			return nil
		case err := <-n.Failed():
			return err
		case <-a.hangups:
			n.Reread(func() (*config.Config, error) { return readConfig(cmd) })
		}
	}
}

// greet says where everything is, and how to begin.
func greet(w io.Writer, n *node.Node, cfg *config.Config, former string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Ostiary %s is ready.\n\n", Version)
	if cfg.Partial() {
		fmt.Fprintf(&b, "  Probes    %s/readyz and /metrics; this gate holds a part of the keys alone\n",
			n.ManagementURL())
	} else {
		fmt.Fprintf(&b, "  Console   %s/\n", n.ManagementURL())
	}
	greetWith(&b, n.ManagementCertificate())
	if n.GateURL() != "" {
		fmt.Fprintf(&b, "  Gate      %s/auth, and %s\n", n.GateURL(), term.Count(len(cfg.Gate.Endpoints), "endpoint"))
	}
	greetWith(&b, n.GateCertificate())
	fmt.Fprintf(&b, "  Data      %s, %s\n", cfg.DataDir, term.Count(n.Keys(), "key"))
	showFirstKey(&b, n, cfg, former)
	_, err := io.WriteString(w, b.String()+"\n")
	return err
}

// greetWith prints a listener's certificate, if it has one.
func greetWith(b *strings.Builder, c certificate.Certificate) {
	if c.File != "" {
		fmt.Fprintf(b, "            certificate SHA-256 %s\n            in %s\n", c.Fingerprint, c.File)
	}
}

// showFirstKey shows the first Admin key, or the file that holds it, with a line to try it.
func showFirstKey(b *strings.Builder, n *node.Node, cfg *config.Config, former string) {
	curl := "curl"
	if cfg.TLS.SelfSigned {
		curl += " --cacert " + term.Quote(n.ManagementCertificate().File)
	}
	tryIt := func(key string) {
		fmt.Fprintf(b, "\nTry it:\n\n  %s -H \"Authorization: Bearer %s\" %s%s/v1/whoami\n", curl, key,
			n.ManagementURL(), api.BasePath)
	}
	switch first := n.FirstKey(); {
	case first == nil:
		fmt.Fprintf(b, "\nTry it:\n\n  %s %s/readyz\n", curl, n.ManagementURL())
	case cfg.BootstrapKeyFile != "":
		fmt.Fprintf(b, "\nThe new Admin key is in %s.\n", cfg.BootstrapKeyFile)
		if former != "" {
			fmt.Fprintf(b, "What was in that file is in %s.\n", former)
		}
		tryIt("$(cat " + term.Quote(cfg.BootstrapKeyFile) + ")")
	default:
		fmt.Fprintf(b, "\nThe new Admin key, shown only now:\n\n  %s\n", first.Token)
		if !cfg.Partial() {
			b.WriteString("\nSign in to the console with it: it leads from here to the first request.\n")
		}
		tryIt(first.Token)
	}
}

// writeKeyFile writes the Admin key into its file. What that held before, which
// may be another server's only key, is kept in a file next to it, whose name it
// returns.
func writeKeyFile(name, token string) (former string, err error) {
	if info, err := os.Lstat(name); err == nil && info.Mode().IsRegular() && info.Size() > 0 {
		former = name + ".replaced-" + time.Now().UTC().Format("20060102T150405.000000000Z")
		if err := os.Rename(name, former); err != nil {
			return "", fmt.Errorf("the Admin key cannot be written: %w; start once with --reset-admin to get another",
				err)
		}
	}
	if err := secretfile.Write(name, []byte(token+"\n")); err != nil {
		return former, fmt.Errorf("the Admin key cannot be written: %w; start once with --reset-admin to get another",
			err)
	}
	return former, nil
}
