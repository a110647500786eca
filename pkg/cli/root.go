package cli

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/client"
)

// commonFlags are the flags of every command that asks a server.
type commonFlags struct {
	url, apiKey, apiKeyFile, context, output, caFile string
	insecure, yes                                    bool
	timeout                                          time.Duration
}

// Annotations of commands.
const (
	takesToken  = "token"   // -o token is for this command
	isOffline   = "offline" // asks no server, so its help leaves the common flags out
	takesAnyKey = "anyKey"  // the API key to ask with may have any role
)

func newRootCommand(a *app) *cobra.Command {
	root := group(&cobra.Command{
		Use:   "ostiary",
		Short: "Make API keys for machines and let only their holders through",
		Long:  rootHelp,
		Example: `  ostiary serve
  ostiary context add home --url http://127.0.0.1:7171 --api-key-file admin.key
  ostiary key create edge-agents --role Agent --expires-in 90d
  ostiary key list --state active --sort expiresAt
  ostiary key revoke edge-agents`,
		Version:           Version,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	},
		offline(newServeCommand(a)),
		newKeyCommand(a),
		newPoolCommand(a),
		newEndpointCommand(a),
		newPolicyCommand(a),
		newIngestionCommand(a),
		newAuditCommand(a),
		newDenialsCommand(a),
		newStatsCommand(a),
		newNoticesCommand(a),
		newContextCommand(a),
		newScanCommand(a),
		newJWKSCommand(a),
		newImportCommand(a),
		newPepperCommand(a),
		newStoreCommand(a),
		newVersionCommand(a),
		newCompletionCommand(a),
	)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		a.noteSeconds(cmd)
		return a.checkOutput(cmd)
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetHelpFunc(showHelp)
	root.SetUsageTemplate(usageTemplate)
	root.SetVersionTemplate(versionLine() + "\n")
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(newHelpCommand())
	a.addCommonFlags(root)
	return root
}

func (a *app) addCommonFlags(root *cobra.Command) {
	f := root.PersistentFlags()
	f.SortFlags = false
	f.StringVar(&a.flags.url, "url", "", "`URL` of the server or of a Grafana [OSTIARY_URL] (default "+defaultURL+")")
	f.StringVar(&a.flags.apiKeyFile, "api-key-file", "", "`FILE` that holds the API key alone [OSTIARY_API_KEY_FILE]")
	f.StringVar(&a.flags.apiKey, "api-key", "",
		"the API `KEY` itself; others can see it in the list of processes, so prefer the file [OSTIARY_API_KEY]")
	f.StringVar(&a.flags.context, "context", "",
		"`NAME` of a saved context to use instead of the current one [OSTIARY_CONTEXT]")
	f.StringVar(&a.flags.caFile, "ca-file", "",
		"`FILE` of certificates of authorities to trust besides the system's (PEM) [OSTIARY_CA_FILE]")
	f.BoolVar(&a.flags.insecure, "insecure", false,
		"trust any certificate: anyone on the network path can read the key [OSTIARY_INSECURE]")
	f.DurationVar(&a.flags.timeout, "timeout", client.DefaultTimeout,
		"`TIME` that one request may take, such as 5s; 0 = no limit")
	f.StringVarP(&a.flags.output, "output", "o", formatTable,
		"`FORMAT`: table, json or yaml; token, where a key is made, prints its token alone")
	f.BoolVarP(&a.flags.yes, "yes", "y", false, "do not ask before a key stops working")

	root.Flags().BoolP("version", "v", false, "print the version")
	complete(root, "context", a.completeContexts)
	complete(root, "output", fixedCompletions(formatTable, formatJSON, formatYAML, formatToken))
	_ = root.MarkPersistentFlagFilename("api-key-file")
	_ = root.MarkPersistentFlagFilename("ca-file")
}

// group makes a command that does nothing but hold others.
func group(cmd *cobra.Command, commands ...*cobra.Command) *cobra.Command {
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return unknownCommand(cmd, args[0])
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	cmd.AddCommand(commands...)
	return cmd
}

// offline marks a command that asks no server.
func offline(cmd *cobra.Command) *cobra.Command { return annotate(cmd, isOffline) }

// issuing marks a command that makes a key.
func issuing(cmd *cobra.Command) *cobra.Command { return annotate(cmd, takesToken) }

func annotate(cmd *cobra.Command, mark string) *cobra.Command {
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[mark] = "true"
	return cmd
}
