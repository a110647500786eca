package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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
	takesToken = "token"   // -o token is for this command
	isOffline  = "offline" // asks no server, so its help leaves the common flags out
)

var rootHelp = `Ostiary makes API keys for machines and lets only their holders through.

"ostiary serve" runs the server. The other commands manage its keys, or those
of the Ostiary plugin in a Grafana: give the Grafana's address, with its
sub-path if it has one, as --url and a service-account token as the API key.

Where the server is and which key to use, the first of these that says so:
  1. flags            --url, --api-key-file, --api-key, --ca-file, --insecure, --context
  2. environment      OSTIARY_URL, OSTIARY_API_KEY_FILE, OSTIARY_API_KEY, OSTIARY_CA_FILE,
                      OSTIARY_INSECURE, OSTIARY_CONTEXT
  3. the context      saved with "ostiary context add"; it counts only for its own address
  4. the default      ` + defaultURL + `
A key in --api-key shows in the list of processes and in the shell's history;
a file or the environment keeps it to yourself.

Results go to stdout, everything else to stderr.

` + exitCodesHelp

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
		offline(newServeCommand()),
		newKeyCommand(a),
		newPoolCommand(a),
		newIngestionCommand(a),
		newAuditCommand(a),
		newContextCommand(a),
		newScanCommand(a),
		newJWKSCommand(a),
		newImportCommand(a),
		newPepperCommand(a),
		newStoreCommand(a),
		newVersionCommand(a),
		newCompletionCommand(a),
	)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return a.checkOutput(cmd) }
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
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
	f.StringVar(&a.flags.apiKey, "api-key", "", "the API `KEY` itself; others can see it in the list of processes, so prefer the file [OSTIARY_API_KEY]")
	f.StringVar(&a.flags.context, "context", "", "`NAME` of a saved context to use instead of the current one [OSTIARY_CONTEXT]")
	f.StringVar(&a.flags.caFile, "ca-file", "", "`FILE` of certificates of authorities to trust besides the system's (PEM) [OSTIARY_CA_FILE]")
	f.BoolVar(&a.flags.insecure, "insecure", false, "trust any certificate: whoever sits on the way can read the key [OSTIARY_INSECURE]")
	f.DurationVar(&a.flags.timeout, "timeout", client.DefaultTimeout, "`TIME` that one request may take, such as 5s; 0 = no limit")
	f.StringVarP(&a.flags.output, "output", "o", formatTable, "`FORMAT`: table, json or yaml; token, where a key is made, prints its token alone")
	f.BoolVarP(&a.flags.yes, "yes", "y", false, "do not ask before a key stops working")

	root.Flags().BoolP("version", "v", false, "print the version")
	complete(root, "context", a.completeContexts)
	complete(root, "output", fixedCompletions(formatTable, formatJSON, formatYAML, formatToken))
	_ = root.MarkPersistentFlagFilename("api-key-file")
	_ = root.MarkPersistentFlagFilename("ca-file")
}

// newHelpCommand makes "ostiary help". That of cobra takes a command that is
// not there for a wish to see all of them.
func newHelpCommand() *cobra.Command {
	return offline(&cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Say more about a command",
		Long:    "Says more about a command, as COMMAND --help does.",
		Example: "  ostiary help key create",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err == nil && len(rest) > 0 {
				err = about.ValidateArgs(rest)
			}
			if err != nil {
				return err
			}
			about.InitDefaultHelpFlag() // which is listed in the help
			return about.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var names []cobra.Completion
			if about, _, err := cmd.Root().Find(args); err == nil {
				for _, c := range about.Commands() {
					names = append(names, cobra.CompletionWithDesc(c.Name(), c.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	})
}

// flagError says what is wrong with a flag without the words of Go's parsers.
func flagError(_ *cobra.Command, err error) error {
	wrong, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return usageError("%s", err)
	}
	form := map[string]string{
		"int": "a number", "int64": "a number", "bool": "true or false", "duration": "a time such as 5s or 2m", "stringSlice": "a list of words with commas between them",
	}[wrong.GetFlag().Value.Type()]
	return usageError("--%s: %q is not %s", wrong.GetFlag().Name, wrong.GetValue(), form)
}

// group makes a command that does nothing but hold others.
func group(cmd *cobra.Command, commands ...*cobra.Command) *cobra.Command {
	cmd.SuggestionsMinimumDistance = 2
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		err := usageError("there is no command %q in %q", args[0], cmd.CommandPath())
		err.hint = "see " + cmd.CommandPath() + " --help"
		if similar := cmd.SuggestionsFor(args[0]); len(similar) > 0 {
			err.hint = "did you mean: " + cmd.CommandPath() + " " + strings.Join(similar, " or ")
		}
		return err
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

// arguments checks how many arguments there are by their names; the last may
// be repeated if it ends in "...".
func arguments(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		repeated := len(names) > 0 && strings.HasSuffix(names[len(names)-1], "...")
		switch {
		case len(args) < len(names):
			return usageError("%s is missing", strings.TrimSuffix(names[len(args)], "..."))
		case len(args) > len(names) && !repeated:
			return usageError("%q is one argument too many", args[len(names)])
		case slices.Contains(args, ""):
			return usageError("an argument is empty")
		}
		return nil
	}
}

// nameArgument lets the name of what a command makes be its argument, or be
// given with --name.
func nameArgument(cmd *cobra.Command, name *string, usage string) {
	cmd.Flags().StringVar(name, "name", "", usage+"; instead of the argument")
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		switch given := cmd.Flags().Changed("name"); {
		case given && len(args) > 0:
			return usageError("the name is given twice, as %q and with --name %s; leave one of them out", args[0], quote(*name))
		case given:
			return nil
		}
		if err := arguments("NAME")(cmd, args); err != nil {
			return err
		}
		*name = args[0]
		return nil
	}
}

// required fails if one of the flags was not given.
func required(cmd *cobra.Command, flags ...string) error {
	i := slices.IndexFunc(flags, func(name string) bool { return !cmd.Flags().Changed(name) })
	if i < 0 {
		return nil
	}
	return usageError("--%s is missing", flags[i])
}

// exclusive fails if more than one of the flags was given.
func exclusive(cmd *cobra.Command, flags ...string) error {
	var given []string
	for _, name := range flags {
		if cmd.Flags().Changed(name) {
			given = append(given, "--"+name)
		}
	}
	if len(given) < 2 {
		return nil
	}
	return usageError("%s exclude one another; give one of them", strings.Join(given, " and "))
}

// filled fails if a flag was given an empty value, which would pass for not
// being given at all.
func filled(cmd *cobra.Command, flags ...string) error {
	for _, name := range flags {
		if f := cmd.Flags().Lookup(name); f.Changed && f.Value.String() == "" {
			return usageError("--%s is empty; give it a value or leave it out", name)
		}
	}
	return nil
}

const usageTemplate = `Usage:
  {{if .HasAvailableSubCommands}}{{.CommandPath}} COMMAND{{else}}{{.UseLine}}{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}

Commands:{{range .Commands}}{{if or .IsAvailableCommand (eq .Name "help")}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if and .HasAvailableInheritedFlags (not (index .Annotations "` + isOffline + `"))}}

Common flags:
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableSubCommands}}

"{{.CommandPath}} COMMAND --help" says more about a command.{{end}}
`

var exitCodesHelp = fmt.Sprintf(`Exit codes:
  %d    done
  %d    failed: a conflict such as a name that is taken, or the server could not do it
  %d    wrong use: an argument, a setting or a file that is not as it must be, or a
       value that the server refused
  %d    there is no such key
  %d    not allowed: the API key is missing, not good, or lacks the role
  %d    could not connect to an Ostiary server
  %d    "ostiary key verify" says no
  %d  interrupted`, exitDone, exitFailed, exitUsage, exitNotFound, exitNotAllowed, exitNoConnection, exitSaysNo, exitInterrupted)
