package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ostiary/ostiary/pkg/config"
)

// otherNames are what commands are called elsewhere, by what they are called here.
var otherNames = map[string][]string{
	"get":    {"show", "describe", "view", "info", "inspect", "read"},
	"list":   {"ls", "show", "all"},
	"create": {"add", "new", "make", "issue"},
	"add":    {"create", "new", "save"},
	"update": {"edit", "change", "modify", "patch", "set"},
	"set":    {"update", "edit", "change", "modify"},
	"delete": {"rm", "remove", "del", "destroy"},
	"remove": {"rm", "delete", "del"},
	"use":    {"switch", "select"},
	"rotate": {"renew", "roll", "refresh"},
	"status": {"show", "info"},
}

// otherFlags are what flags are called elsewhere, by what they are called here.
var otherFlags = map[string][]string{
	"expires-in": {"ttl", "lifetime", "expires", "expiry", "expire", "valid-for"},
	"allow-cidr": {"ip", "address", "allow-ip", "cidrs", "allowed-cidr", "allowed-cidrs"},
	"url":        {"server", "host"},
	"output":     {"format"},
	"label":      {"tag"},
	"yes":        {"force"},
}

// unknownCommand says that a command has no such one below it, and suggests the one that was meant.
func unknownCommand(cmd *cobra.Command, name string) error {
	err := usageError("there is no command %q in %q", name, cmd.CommandPath())
	err.hint = "see " + cmd.CommandPath() + " --help"
	if meant := commandsLike(cmd, name); len(meant) > 0 {
		err.hint = "did you mean: " + cmd.CommandPath() + " " + strings.Join(meant, " or ")
	}
	return err
}

// commandsLike are the commands that a misspelt name may have meant; if there are none, those that are called so
// elsewhere, of which the first will do.
func commandsLike(cmd *cobra.Command, name string) []string {
	cmd.SuggestionsMinimumDistance = 2
	if similar := cmd.SuggestionsFor(name); len(similar) > 0 {
		return similar
	}
	for _, known := range cmd.Commands() {
		if slices.Contains(otherNames[known.Name()], strings.ToLower(name)) {
			return []string{known.Name()}
		}
	}
	return nil
}

// unknownFlag suggests the flag that was meant.
func unknownFlag(cmd *cobra.Command, name string) error {
	if args := cmd.Flags().Args(); len(args) > 0 && cmd.HasAvailableSubCommands() {
		return unknownCommand(cmd, args[0]) // whose flag it is
	}
	dashes := "--"
	if len(name) == 1 {
		dashes = "-"
	}
	err := usageError("there is no flag %s%s for %q", dashes, name, cmd.CommandPath())
	if name == "all" && cmd.Flags().Lookup("search") != nil {
		err.hint = "say which keys, with flags such as --label team=old or --role agent; see " + cmd.CommandPath() + " --help"
		return err
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	if meant := flagsLike(strings.ReplaceAll(strings.ToLower(name), "_", "-"), known); len(meant) > 0 {
		err.hint = "did you mean --" + strings.Join(meant, " or --") + "? See " + cmd.CommandPath() + " --help"
	}
	return err
}

// flagsLike are the flags that a name may have meant: those that are called so elsewhere, of which it is a word, or of
// which it or its word is a misspelling.
func flagsLike(name string, known []string) []string {
	for meant, others := range otherFlags {
		if slices.Contains(others, name) && slices.Contains(known, meant) {
			return []string{meant}
		}
	}
	const shortest = 3 // of what can be told from a misspelling
	if len(name) < shortest {
		return nil
	}
	hasWord := func(word string) (all []string) {
		for _, flag := range known {
			if slices.Contains(strings.Split(flag, "-"), word) {
				all = append(all, flag)
			}
		}
		return all
	}
	if all := hasWord(name); len(all) > 0 {
		return all
	}
	if closest := config.Closest(name, known); closest != "" {
		return []string{closest}
	}
	var words []string
	for _, flag := range known {
		words = append(words, strings.Split(flag, "-")...)
	}
	return hasWord(config.Closest(name, words))
}
