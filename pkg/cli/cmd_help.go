package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

var rootHelp = `Ostiary makes API keys for machines and lets only their holders through.

"ostiary serve" runs the server. The other commands manage its keys, or those
of the Ostiary plugin in a Grafana: give the Grafana's address, with its
sub-path if it has one, as --url and a service-account token as the API key.

Where the server is and which key to use, the first of these that says so:
  1. flags            --url, --api-key-file, --api-key, --ca-file, --insecure,
                      --context
  2. environment      OSTIARY_URL, OSTIARY_API_KEY_FILE, OSTIARY_API_KEY,
                      OSTIARY_CA_FILE, OSTIARY_INSECURE, OSTIARY_CONTEXT
  3. the context      saved with "ostiary context add"; it counts only for its
                      own address, also where a flag or the environment gives
                      that
  4. the default      ` + defaultURL + `
A key in --api-key shows in the list of processes and in the shell's history;
a file or the environment keeps it to yourself.

Results go to stdout, everything else to stderr.

` + exitCodesHelp

const usageTemplate = `Usage:
  {{if .HasAvailableSubCommands}}{{.CommandPath}} COMMAND{{else}}{{.UseLine}}{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}

Commands:{{range .Commands}}{{if or .IsAvailableCommand (eq .Name "help")}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsagesWrapped 80 | trimTrailingWhitespaces}}{{end}}{{if and .HasAvailableInheritedFlags (not (index .Annotations "` + isOffline + `"))}}

Common flags:
{{.InheritedFlags.FlagUsagesWrapped 80 | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableSubCommands}}

"{{.CommandPath}} COMMAND --help" says more about a command.{{end}}
`

var exitCodesHelp = fmt.Sprintf(`Exit codes:
  %d    done
  %d    failed: a conflict such as a name that is taken, or a fault of the server
  %d    wrong use: an argument, a setting or a file that is not as it must be,
       or a value that the server refused
  %d    there is no such key
  %d    not allowed: the API key is missing, not good, or lacks the role
  %d    could not connect to an Ostiary server
  %d    "ostiary key verify" says no
  %d  interrupted`, exitDone, exitFailed, exitUsage, exitNotFound, exitNotAllowed, exitNoConnection, exitSaysNo,
	exitInterrupted)

// helpWidth is how many columns a text of help may take; terminals have as many.
const helpWidth = 80

// showHelp writes all that there is to say about a command.
func showHelp(cmd *cobra.Command, _ []string) {
	_, _ = fmt.Fprintf(cmd.OutOrStdout(), "%s\n\n%s", fitted(cmp.Or(cmd.Long, cmd.Short)), cmd.UsageString())
}

// fitted breaks the lines of paragraphs that are longer than a terminal is wide. What is indented stays as it is.
func fitted(text string) string {
	paragraphs := strings.Split(strings.TrimSpace(text), "\n\n")
	for i, p := range paragraphs {
		if tooWide(p) && !strings.HasPrefix(p, " ") && !strings.Contains(p, "\n ") {
			paragraphs[i] = broken(strings.Fields(p))
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

func tooWide(text string) bool {
	return slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool {
		return utf8.RuneCountInString(line) > helpWidth
	})
}

// broken puts words in lines.
func broken(words []string) string {
	var b strings.Builder
	column := 0
	for _, word := range words {
		width := utf8.RuneCountInString(word)
		switch {
		case column == 0:
		case column+1+width > helpWidth:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += width
	}
	return b.String()
}

// newHelpCommand makes "ostiary help". Cobra's own shows the general usage for an unknown command, and succeeds.
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
		ValidArgsFunction: func(cmd *cobra.Command, args []string,
			_ string) ([]cobra.Completion, cobra.ShellCompDirective) {
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
