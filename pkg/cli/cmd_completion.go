package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

// completionTimeout is how long a shell waits for names from the server.
const completionTimeout = 2 * time.Second

type completer = func(cmd *cobra.Command, args []string,
	toComplete string) ([]cobra.Completion, cobra.ShellCompDirective)

func newCompletionCommand(a *app) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return offline(&cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print the script that completes commands in your shell",
		Long: `Prints a script for your shell that completes commands, flags, and the names
and ids of keys and contexts. For bash, the package bash-completion is needed.`,
		Example: `  source <(ostiary completion bash)
  ostiary completion bash > /etc/bash_completion.d/ostiary
  ostiary completion zsh > "${fpath[1]}/_ostiary"
  ostiary completion fish > ~/.config/fish/completions/ostiary.fish
  ostiary completion powershell | Out-String | Invoke-Expression`,
		Args:      arguments("the shell's name"),
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.out, true)
			case "zsh":
				return root.GenZshCompletion(a.out)
			case "fish":
				return root.GenFishCompletion(a.out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(a.out)
			}
			return usageError("there is no script for %q; use %s", args[0], strings.Join(shells, ", "))
		},
	})
}

// complete sets what completes a flag's value.
func complete(cmd *cobra.Command, flag string, how completer) {
	if err := cmd.RegisterFlagCompletionFunc(flag, how); err != nil {
		panic(err) // there is no such flag: a mistake in the line that calls this
	}
}

func fixedCompletions(values ...string) completer {
	return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
}

func roleCompletions() completer {
	var names []string
	for _, r := range apikey.Roles() {
		names = append(names, r.String())
	}
	return fixedCompletions(names...)
}

// limitCompletions complete the names of limits, and leave their numbers to be typed.
func limitCompletions() completer {
	var names []string
	for _, name := range apikey.LimitNames() {
		names = append(names, name+"=")
	}
	return cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace)
}

// completeKeys completes names and ids of keys: the first page of those that
// have what was typed somewhere.
func (a *app) completeKeys(
	cmd *cobra.Command, args []string, toComplete string,
) ([]cobra.Completion, cobra.ShellCompDirective) {
	return a.completeFromServer(cmd, args,
		func(ctx context.Context, c *client.Client) (found []cobra.Completion, err error) {
			page, err := c.Keys(ctx, client.KeyQuery{Search: toComplete, Limit: apikey.MaxPageSize})
			if err != nil {
				return nil, err
			}
			for _, k := range page.Keys {
				if strings.HasPrefix(k.Name, toComplete) {
					found = append(found, cobra.CompletionWithDesc(k.Name, k.Role.String()+", "+string(k.State)))
				}
				if toComplete != "" && strings.HasPrefix(k.ID, toComplete) {
					found = append(found, cobra.CompletionWithDesc(k.ID, k.Name))
				}
			}
			return found, nil
		})
}

// completeFromServer completes the first argument from what the server lists. Failures are not reported: their text
// would end up in the middle of the command line that is being typed.
func (a *app) completeFromServer(
	cmd *cobra.Command, args []string, list func(context.Context, *client.Client) ([]cobra.Completion, error),
) ([]cobra.Completion, cobra.ShellCompDirective) {
	c, err := a.connect(cmd)
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(context.Background(), completionTimeout)
	defer cancel()
	found, err := list(ctx, c)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}
