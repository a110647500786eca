package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/client"
)

func newEndpointCommand(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "endpoint",
		Short: "Make, change and look at what the gate protects",
		Long: `Shows what the gate protects, and makes, changes and removes endpoints in the
store of a server with gate.endpoints_in_store: true. They let in keys of your
organization alone, and count at every gate of the store at once. What may stand
behind them is what the server's gate.upstreams lists. Endpoints of the server's
configuration file are listed too, and changed there alone.

All of it takes an API key with the role Admin.`,
		Example: `  ostiary endpoint list
  ostiary endpoint create loki --kind loki --path /loki --upstream http://loki.internal:3100 \
    --tenant header=X-Scope-OrgID
  ostiary endpoint check things --require manage
  ostiary endpoint update things --require manage
  ostiary endpoint delete things`,
	},
		newEndpointList(a), newEndpointGet(a), newEndpointCreate(a), newEndpointUpdate(a), newEndpointDelete(a),
		newEndpointCheck(a))
}

func newEndpointList(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List endpoints",
		Long:  "Lists the endpoints that keys of your organization can open: those of the file first, then those of the store.",
		Example: `  ostiary endpoint list
  ostiary endpoint list -o json`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			list, err := c.Endpoints(cmd.Context())
			if err != nil {
				return err
			}
			if err := a.showList(list, protectedRows(list.Endpoints), term.Table, "No endpoints."); err != nil {
				return err
			}
			for _, e := range list.Endpoints {
				if e.Shadowed != "" && a.flags.output == formatTable {
					a.say("%s is not in force: %s", e.Name, e.Shadowed)
				}
			}
			if len(list.Removed) > 0 && a.flags.output == formatTable {
				a.say("Removed, and closed until made again: %s.", removedNames(list.Removed))
			}
			return nil
		},
	}
}

func protectedRows(list []api.Endpoint) [][]string {
	rows := [][]string{{"NAME", "PATH", "TAKES", "TENANT", "UPSTREAM", "SOURCE"}}
	for _, e := range list {
		source := string(e.Source)
		if e.Shadowed != "" {
			source += " (not in force)"
		}
		takes := strings.Join(e.Takes, ", ")
		if e.Kind != "" {
			takes = e.Kind + ": " + takes
		}
		rows = append(rows, []string{
			e.Name, term.OrDash(strings.Join(e.Paths, " ")), term.OrDash(takes), term.OrDash(tenantText(e.Tenant)),
			term.OrDash(e.Upstream), source,
		})
	}
	return rows
}

// removedNames are names with paths.
func removedNames(list []api.RemovedEndpoint) string {
	names := make([]string, len(list))
	for i, r := range list {
		if names[i] = r.Name; len(r.Paths) > 0 {
			names[i] += " (" + strings.Join(r.Paths, " ") + ")"
		}
	}
	return strings.Join(names, ", ")
}

func tenantText(t *api.EndpointTenant) string {
	switch {
	case t == nil:
		return ""
	case t.Header != "":
		return "header " + t.Header
	case t.Label != "":
		return "label " + t.Label
	}
	return "extra_label " + t.ExtraLabel
}

func newEndpointGet(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "get NAME",
		Short: "Show an endpoint",
		Long: `Shows what an endpoint takes and where its requests go. The field spec of -o json
and -o yaml is what an endpoint in the store was made of.`,
		Example: `  ostiary endpoint get loki
  ostiary endpoint get loki -o yaml`,
		Args:              arguments("NAME"),
		ValidArgsFunction: a.completeEndpoints,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			e, err := c.Endpoint(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return a.showEndpoint(e)
		},
	}
}

// showEndpoint shows one endpoint.
func (a *app) showEndpoint(e *api.Endpoint) error {
	return a.show(e, func(w io.Writer) {
		term.Table(w, protectedRows([]api.Endpoint{*e}))
		if e.Shadowed != "" {
			_, _ = fmt.Fprintln(w, term.Printable("It is not in force: "+e.Shadowed))
		}
	})
}

func newEndpointCreate(a *app) *cobra.Command {
	var f endpointFlags
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Make an endpoint in the store",
		Long: `Makes an endpoint in the store. The fields are those of the configuration file, as
flags or in a file of YAML with -f; flags go before the file.`,
		Example: `  ostiary endpoint create loki --kind loki --path /loki --upstream http://loki.internal:3100 \
    --tenant header=X-Scope-OrgID
  ostiary endpoint create things --path /things --methods GET=read --methods POST=write --upstream http://10.1.0.7:8080
  ostiary endpoint create -f things.yaml`,
	}
	f.add(a, cmd)
	f.takesName(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		fields, err := f.read(a, cmd, args)
		if err != nil {
			return err
		}
		c, err := a.connect(cmd)
		if err != nil {
			return err
		}
		if checked, err := c.CheckEndpoint(cmd.Context(), fields); err == nil {
			a.sayWarnings(cmd, checked)
		}
		a.changing = true
		e, err := c.CreateEndpoint(cmd.Context(), fields)
		if err != nil {
			return err
		}
		return a.showEndpoint(e)
	}
	return cmd
}

func newEndpointUpdate(a *app) *cobra.Command {
	var f endpointFlags
	cmd := &cobra.Command{
		Use:   "update NAME",
		Short: "Change an endpoint in the store",
		Long: `Changes what the flags name and leaves the rest as it is; --clear takes a field
out. With -f the file says all, and what it does not name is taken out. It asks
first if keys that were let in lately would be refused, or if clients could say
whose data they mean.` + askHelp,
		Example: `  ostiary endpoint update things --require manage
  ostiary endpoint update things --clear require --methods GET=read
  ostiary endpoint update -f things.yaml --yes`,
		ValidArgsFunction: a.completeEndpoints,
	}
	f.add(a, cmd)
	f.addClear(cmd)
	f.takesName(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		fields, err := f.read(a, cmd, args)
		if err != nil {
			return err
		}
		c, err := a.connect(cmd)
		if err != nil {
			return err
		}
		checked, err := c.CheckEndpoint(cmd.Context(), fields)
		if err == nil && len(checked.Errors) == 0 {
			err = a.confirmConsequences(cmd, args, checked, "Change it all the same?")
		}
		if err != nil {
			return err
		}
		a.changing = true
		name, _ := fields["name"].(string)
		e, err := c.UpdateEndpoint(cmd.Context(), name, fields)
		if err != nil {
			return err
		}
		return a.showEndpoint(e)
	}
	return cmd
}

// confirmConsequences asks whether to go on if keys would be refused, or more would be open than before.
func (a *app) confirmConsequences(
	cmd *cobra.Command, args []string, checked *api.CheckedEndpoint, question string,
) error {
	if len(checked.Affected) == 0 && len(checked.Warnings) == 0 {
		return nil
	}
	a.sayWarnings(cmd, checked)
	if len(checked.Affected) > 0 {
		a.sayAffected(checked.Affected)
	}
	if err := a.mayConfirm(cmd, args); err != nil {
		return err
	}
	return a.confirm(cmd.Context(), question)
}

func (a *app) sayWarnings(cmd *cobra.Command, checked *api.CheckedEndpoint) {
	a.command = cmd // of whose flags they are
	for _, w := range checked.Warnings {
		a.say("warning: %s: %s", a.flagOf(w.Field), w.Detail)
	}
}

func (a *app) sayAffected(affected []api.AffectedKey) {
	would := "would be refused"
	if slices.ContainsFunc(affected, func(k api.AffectedKey) bool { return !k.Certain }) {
		would += ", or may be"
	}
	a.say("Keys that were let in within 7 days, and %s:", would)
	for _, k := range affected {
		a.say("  %s (%s), %s, last %s: %s", k.KeyName, k.KeyID, term.Count(int(k.Requests), "request"),
			k.LastAt.UTC().Format("2006-01-02 15:04"), k.Reason)
	}
}

// sayLimitedTo names the keys that are limited to an endpoint, perhaps with others.
func (a *app) sayLimitedTo(ctx context.Context, c *client.Client, endpoint string) error {
	const most = 20
	list, err := c.Keys(ctx, client.KeyQuery{Endpoint: endpoint, Sort: "name", Limit: most})
	if err != nil || len(list.Keys) == 0 {
		return err
	}
	names := make([]string, len(list.Keys))
	for i := range list.Keys {
		names[i] = list.Keys[i].Name
	}
	more := ""
	if list.NextCursor != "" {
		more = ", and more"
	}
	a.say("Keys that are limited to it: %s%s.", strings.Join(names, ", "), more)
	return nil
}

func newEndpointDelete(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "delete NAME",
		Short: "Remove an endpoint from the store",
		Long: `Removes an endpoint from the store; its requests are refused from the next one
on. Its name and its paths stay closed at every door, also where the path of
another endpoint of your organization is wider, until you make an endpoint of
that name, or one that names such a path, again. "endpoint list" names them.` + askHelp,
		Example: `  ostiary endpoint delete things
  ostiary endpoint delete things --yes`,
		Args:              arguments("NAME"),
		ValidArgsFunction: a.completeEndpoints,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := a.connect(cmd)
		if err != nil {
			return err
		}
		if !a.flags.yes {
			checked, err := c.CheckEndpoint(cmd.Context(), map[string]any{"name": args[0], "delete": true})
			if err != nil {
				return err
			}
			if slices.ContainsFunc(checked.Errors, func(e apikey.FieldError) bool { return e.Field == "name" }) {
				return c.DeleteEndpoint(cmd.Context(), args[0]) // which says what there is in place of it
			}
			if len(checked.Affected) > 0 {
				a.sayAffected(checked.Affected)
			}
		}
		if err := a.sayLimitedTo(cmd.Context(), c, args[0]); err != nil {
			return err
		}
		if err := a.mayConfirm(cmd, args); err != nil {
			return err
		}
		if err := a.confirm(cmd.Context(), fmt.Sprintf("Remove the endpoint %q?", args[0])); err != nil {
			return err
		}
		a.changing = true
		if err := c.DeleteEndpoint(cmd.Context(), args[0]); err != nil {
			return err
		}
		return a.showDone(term.Line("Deleted the endpoint %q.", args[0]))
	}
	return cmd
}

func newEndpointCheck(a *app) *cobra.Command {
	var f endpointFlags
	var remove bool
	cmd := &cobra.Command{
		Use:   "check NAME",
		Short: "Ask what would come of making, changing or removing an endpoint",
		Long: `Changes nothing. Says what is wrong with the fields, how the upstream answers, and
which keys were let in within 7 days and would be refused. If there is an
endpoint of that name in the store, the fields are a change to it. Ends with 1 if
the change would be refused.`,
		Example: `  ostiary endpoint check things --path /things --require read --upstream http://10.1.0.7:8080
  ostiary endpoint check things --require manage
  ostiary endpoint check things --delete
  ostiary endpoint check -f things.yaml -o json`,
		ValidArgsFunction: a.completeEndpoints,
	}
	f.add(a, cmd)
	f.addClear(cmd)
	f.takesName(cmd)
	cmd.Flags().BoolVar(&remove, "delete", false, "ask what would come of removing it")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		fields, err := f.read(a, cmd, args)
		if err != nil {
			return err
		}
		if remove {
			fields["delete"] = true
		}
		c, err := a.connect(cmd)
		if err != nil {
			return err
		}
		checked, err := c.CheckEndpoint(cmd.Context(), fields)
		if err != nil {
			return err
		}
		a.command = cmd // of whose flags mistakes are
		return a.showChecked(checked)
	}
	return cmd
}

func (a *app) showChecked(checked *api.CheckedEndpoint) error {
	err := a.show(checked, func(w io.Writer) {
		say := func(format string, args ...any) {
			_, _ = fmt.Fprintln(w, term.Printable(fmt.Sprintf(format, args...)))
		}
		for _, wrong := range checked.Errors {
			say("%s: %s", a.flagOf(wrong.Field), wrong.Detail)
		}
		for _, w := range checked.Warnings {
			say("warning: %s: %s", a.flagOf(w.Field), w.Detail)
		}
		if checked.Upstream != nil {
			say("The upstream: %s", checked.Upstream.Detail)
		}
		for _, k := range checked.Affected {
			say("%s (%s), %s: %s", k.KeyName, k.KeyID, term.Count(int(k.Requests), "request"), k.Reason)
		}
		if len(checked.Errors) == 0 && len(checked.Affected) == 0 {
			say("Nobody who was let in within 7 days would be refused.")
		}
	})
	if err == nil && len(checked.Errors) > 0 {
		return silent(exitFailed)
	}
	return err
}

// errNoName says how an endpoint gets its name.
var errNoName = errors.New("NAME is missing; give it as the argument, or as name in the file of -f")
