package cli

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ostiary/ostiary/pkg/cli/term"
)

// arguments checks how many arguments there are by their names; the last may
// be repeated if it ends in "...".
func arguments(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		repeated := len(names) > 0 && strings.HasSuffix(names[len(names)-1], "...")
		switch {
		case len(args) < len(names):
			return usageError("%s is missing", strings.TrimSuffix(names[len(args)], "..."))
		case len(args) > len(names) && cmd.HasAvailableSubCommands():
			return unknownCommand(cmd, args[len(names)])
		case len(args) > len(names) && !repeated:
			return usageError("%q is one argument too many", args[len(names)])
		case slices.Contains(args, ""):
			return usageError("an argument is empty")
		}
		return nil
	}
}

// optional checks that there is at most one argument, by its name.
func optional(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return arguments(name)(cmd, args)
	}
}

// firstOf is the first of some arguments; empty if there is none.
func firstOf(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// nameArgument lets the name of what a command makes be its argument, or be
// given with --name.
func nameArgument(cmd *cobra.Command, name *string, usage string) {
	cmd.Flags().StringVar(name, "name", "", usage+"; instead of the argument")
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		switch given := cmd.Flags().Changed("name"); {
		case given && len(args) > 0:
			return usageError("the name is given twice, as %q and with --name %s; leave one of them out", args[0],
				term.Quote(*name))
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

// filled fails if a flag was given an empty value, or blanks alone, which would pass for not being given at all.
func filled(cmd *cobra.Command, flags ...string) error {
	for _, name := range flags {
		if f := cmd.Flags().Lookup(name); f.Changed && strings.TrimSpace(f.Value.String()) == "" {
			return usageError("--%s is empty; give it a value or leave it out", name)
		}
	}
	return nil
}

// flagError says what is wrong with a flag without the words of Go's parsers.
func flagError(cmd *cobra.Command, err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return unknownFlag(cmd, unknown.GetSpecifiedName())
	}
	wrong, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return usageError("%s", err)
	}
	if empty, ok := errors.AsType[*emptyError](err); ok {
		return usageError("--%s %s", wrong.GetFlag().Name, empty)
	}
	if own, ok := errors.AsType[*valueError](err); ok {
		return usageError("--%s: %s", wrong.GetFlag().Name, own)
	}
	form := map[string]string{
		"int": "a number", "int64": "a number", "bool": "true or false", "duration": "a time such as 5s or 2m",
		"stringSlice": "a list of words with commas between them",
	}[wrong.GetFlag().Value.Type()]
	return usageError("--%s: %q is not %s", wrong.GetFlag().Name, wrong.GetValue(), form)
}

// spanFlags are those that say for how long, or since when.
var spanFlags = []string{"expires-in", "overlap", "for", "unused", "expires", "since", "step", "default-ttl", "max-ttl"}

// noteSeconds says what numbers without a unit are, of which few mean seconds.
func (a *app) noteSeconds(cmd *cobra.Command) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		n, err := strconv.Atoi(f.Value.String())
		if err == nil && 0 < n && n < 3600 && slices.Contains(spanFlags, f.Name) {
			a.say("ostiary: note: --%s %d is %s; write %dm for minutes, %dh for hours, or %dd for days", f.Name, n,
				term.Count(n, "second"), n, n, n)
		}
	})
}
