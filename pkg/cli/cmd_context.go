package cli

import (
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/cli/contexts"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/client"
)

func newContextCommand(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "context",
		Short: "Save the servers that you work with",
		Long: `A context is a server's address with the API key to manage it. The other
commands use the current context unless a flag or the environment names a
server.

Contexts are kept in config.yaml in the directory ostiary of your configuration
directory ($XDG_CONFIG_HOME, by default ~/.config), readable by you alone.`,
		Example: `  ostiary context add home --url http://127.0.0.1:7171 --api-key-file admin.key
  ostiary context add work --url https://grafana.example.org/graph --api-key-stdin < token
  ostiary context use work
  ostiary --context home key list`,
	}, newContextAdd(a), offline(newContextUse(a)), offline(newContextList(a)), offline(newContextRemove(a)))
}

func newContextAdd(a *app) *cobra.Command {
	var fromStdin bool
	cmd := &cobra.Command{
		Use:   "add NAME --url URL [--api-key-file FILE | --api-key-stdin]",
		Short: "Save a server under a name",
		Long: `Saves a server under a name. The first one becomes the current one. Nothing is
sent to the server.

--api-key-file remembers where the key is; --api-key-stdin keeps a copy of the
key itself. --ca-file and --insecure are saved too.`,
		Example: `  ostiary context add home --url http://127.0.0.1:7171 --api-key-file admin.key
  ostiary context add work --url https://grafana.example.org/graph --ca-file ca.pem --api-key-stdin < token`,
		Args: arguments("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.contextAdd(cmd, args[0], fromStdin)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&fromStdin, "api-key-stdin", false, "read the API key from stdin and keep it in the file of the contexts")
	return cmd
}

func (a *app) contextAdd(cmd *cobra.Command, name string, fromStdin bool) error {
	if err := a.checkContext(cmd, name); err != nil {
		return err
	}
	file, err := contexts.Read()
	if err != nil {
		return err
	}
	if file.Find(name) != nil {
		return failed(exitFailed, "remove it first: ostiary context remove "+term.Quote(name),
			"there is a context %q already", name)
	}
	saved, err := a.contextOf(cmd, name, fromStdin)
	if err != nil {
		return err
	}
	file.Contexts = append(file.Contexts, saved)
	if file.Current == "" {
		file.Current = name
	}
	if err := file.Save(); err != nil {
		return err
	}
	if file.Current == name {
		a.say("Saved the context %q; it is the current one.", name)
	} else {
		a.say("Saved the context %q. To make it the current one: ostiary context use %s", name, term.Quote(name))
	}
	return nil
}

// checkContext refuses what cannot be saved, or could not be used.
func (a *app) checkContext(cmd *cobra.Command, name string) error {
	if cmd.Flags().Changed("api-key") {
		return failed(exitUsage, "give --api-key-file FILE, or --api-key-stdin to keep a copy",
			"--api-key is not saved, because a key in the arguments can be seen by others")
	}
	if err := required(cmd, "url"); err != nil {
		return err
	}
	if err := exclusive(cmd, "api-key-file", "api-key-stdin"); err != nil {
		return err
	}
	if name == "" || term.Printable(name) != name {
		return usageError("%q is not a name for a context", name)
	}
	if _, err := client.New(a.flags.url); err != nil {
		return usageError("--url: %s", err)
	}
	if _, err := client.New(a.flags.url, client.WithCAFile(a.flags.caFile)); err != nil {
		return usageError("--ca-file: %s", err)
	}
	return nil
}

// contextOf is the context that the flags describe, with the key from stdin if
// it is to be kept.
func (a *app) contextOf(cmd *cobra.Command, name string, fromStdin bool) (c contexts.Context, err error) {
	c = contexts.Context{Name: name, URL: strings.TrimSpace(a.flags.url)}
	if cmd.Flags().Changed("insecure") {
		c.Insecure = &a.flags.insecure
	}
	if c.CAFile, err = absolute(a.flags.caFile); err != nil {
		return c, err
	}
	if a.flags.apiKeyFile != "" {
		if _, err := a.readKeyFile(a.flags.apiKeyFile); err != nil {
			return c, err
		}
		if c.APIKeyFile, err = absolute(a.flags.apiKeyFile); err != nil {
			return c, err
		}
	}
	if fromStdin {
		c.APIKey, err = a.readSecret(cmd.Context(), "API key: ")
	}
	return c, err
}

// absolute is a path that holds in every working directory; none stays none.
func absolute(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	return filepath.Abs(path)
}

// noContext is the error about a name that no context has.
func noContext(name string) error {
	return failed(exitUsage, "see which there are: ostiary context list", "there is no context %q", name)
}

func newContextUse(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "use NAME",
		Short:             "Make a context the current one",
		Long:              "Makes a context the current one: commands that name no server go to it.",
		Example:           "  ostiary context use work",
		Args:              arguments("NAME"),
		ValidArgsFunction: a.completeContexts,
		RunE: func(_ *cobra.Command, args []string) error {
			file, err := contexts.Read()
			if err != nil {
				return err
			}
			if file.Find(args[0]) == nil {
				return noContext(args[0])
			}
			file.Current = args[0]
			if err := file.Save(); err != nil {
				return err
			}
			a.say("%q is the current context.", args[0])
			return nil
		},
	}
}

func newContextRemove(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME",
		Short: "Forget a context",
		Long: `Forgets a context, with the copy of its API key if one was kept. The key itself
stays good; "ostiary key revoke" ends it.`,
		Example:           "  ostiary context remove work",
		Args:              arguments("NAME"),
		ValidArgsFunction: a.completeContexts,
		RunE: func(_ *cobra.Command, args []string) error {
			file, err := contexts.Read()
			if err != nil {
				return err
			}
			if file.Find(args[0]) == nil {
				return noContext(args[0])
			}
			file.Contexts = slices.DeleteFunc(file.Contexts, func(c contexts.Context) bool { return c.Name == args[0] })
			wasCurrent := file.Current == args[0]
			if wasCurrent {
				file.Current = ""
			}
			if err := file.Save(); err != nil {
				return err
			}
			a.say("Removed the context %q.", args[0])
			if wasCurrent {
				a.say("No context is current now; commands go to %s unless they name a server.", defaultURL)
			}
			return nil
		},
	}
}

// listedContext is a context as it is shown: without its key.
type listedContext struct {
	Name     string `json:"name"`
	URL      string `json:"url"`
	Current  bool   `json:"current"`
	APIKey   string `json:"apiKey"` // where the key is: a file's path, "saved", or empty
	CAFile   string `json:"caFile"`
	Insecure bool   `json:"insecure"`
}

func newContextList(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the contexts",
		Long:  "Lists the contexts; a star marks the current one. Saved keys are not shown. -o json and -o yaml work here too.",
		Example: `  ostiary context list
  ostiary context list -o json`,
		Args: arguments(),
		RunE: func(*cobra.Command, []string) error {
			file, err := contexts.Read()
			if err != nil {
				return err
			}
			list := []listedContext{}
			for _, c := range file.Contexts {
				l := listedContext{Name: c.Name, URL: c.URL, Current: c.Name == file.Current, APIKey: c.APIKeyFile,
					CAFile: c.CAFile}
				if c.APIKey != "" {
					l.APIKey = "saved"
				}
				l.Insecure = c.Insecure != nil && *c.Insecure
				list = append(list, l)
			}
			return a.show(list, func(w io.Writer) {
				rows := [][]string{{"", "NAME", "URL", "API KEY"}}
				for _, l := range list {
					mark := ""
					if l.Current {
						mark = "*"
					}
					rows = append(rows, []string{mark, l.Name, l.URL, term.OrDash(l.APIKey)})
				}
				term.Table(w, rows)
			})
		},
	}
}

// completeContexts completes the names of contexts.
func (a *app) completeContexts(
	_ *cobra.Command, args []string, _ string,
) ([]cobra.Completion, cobra.ShellCompDirective) {
	file, err := contexts.Read()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []cobra.Completion
	for _, c := range file.Contexts {
		names = append(names, cobra.CompletionWithDesc(c.Name, c.URL))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
