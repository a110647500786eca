package cli

import (
	"context"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/kinds"
)

// endpointFlags are the fields of an endpoint, named as in the configuration file.
type endpointFlags struct {
	file                                          string
	path, kind, require, upstream, pool, query    string
	tenant, onExpired                             string
	paths, methods, schemes, headers, limitPerKey []string
	preserveHost                                  bool
	clear                                         []string
}

// texts are the flags that hold one text, by the field that they set.
func (f *endpointFlags) texts() map[string]*string {
	return map[string]*string{
		"path": &f.path, "kind": &f.kind, "require": &f.require, "upstream": &f.upstream, "pool": &f.pool,
		"query": &f.query,
	}
}

// endpointFields are all fields but the name, as the API names them, by their flags.
var endpointFields = map[string]string{
	"path": "path", "paths": "paths", "kind": "kind", "require": "require", "methods": "methods",
	"upstream": "upstream", "preserve-host": "preserveHost", "pool": "pool", "query": "query", "schemes": "schemes",
	"headers": "headers", "tenant": "tenant", "limit-per-key": "limitPerKey", "on-expired": "onExpired",
}

func (f *endpointFlags) add(a *app, cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVarP(&f.file, "file", "f", "",
		"`FILE` of YAML with the fields, as in the configuration file; - reads stdin")
	flags.StringVar(&f.path, "path", "", "`PATH`: it and all below it")
	flags.StringArrayVar(&f.paths, "paths", nil, "a further `PATH`, with what it takes if need be: /ready=none; may be repeated")
	flags.StringVar(&f.kind, "kind", "", "`PROGRAM` behind it, whose routes say what each takes: "+
		strings.Join(kinds.Names(), ", "))
	flags.StringVar(&f.require, "require", "",
		"`PERMISSION` that a key must grant: read, write, ingest or manage; none lets anyone in")
	flags.StringArrayVar(&f.methods, "methods", nil,
		"`METHOD=PERMISSION`, in place of --require: what a method takes; may be repeated")
	flags.StringVar(&f.upstream, "upstream", "", "`URL` that requests go to: http, https or h2c; none: for /auth alone")
	flags.BoolVar(&f.preserveHost, "preserve-host", false, "the upstream gets the client's Host, and not its own")
	flags.StringVar(&f.tenant, "tenant", "",
		"`WAY` in which the upstream learns of the tenant: header=X-Scope-OrgID, label=NAME or extra_label=NAME")
	flags.StringVar(&f.pool, "pool", "", "agent `POOL` whose keys alone open it")
	flags.StringArrayVar(&f.limitPerKey, "limit-per-key", nil,
		"`LIMIT` of each key that has none of its own, such as requestsPerSecond=50; may be repeated")
	flags.StringVar(&f.onExpired, "on-expired", "",
		"`WHAT` becomes of data that comes with a key that has expired: deny, hold=2h or grace=72h")
	flags.StringVar(&f.query, "query", "", "`NAME` of a query parameter that may hold the key")
	flags.StringArrayVar(&f.schemes, "schemes", nil, "a further `SCHEME` of Authorization; may be repeated")
	flags.StringArrayVar(&f.headers, "headers", nil, "a further `HEADER` that holds a key; may be repeated")
	complete(cmd, "kind", fixedCompletions(kinds.Names()...))
	complete(cmd, "require", fixedCompletions("read", "write", "ingest", "manage", "none"))
	complete(cmd, "pool", a.completePools)
	complete(cmd, "limit-per-key", limitCompletions())
	complete(cmd, "on-expired", fixedCompletions("deny", "hold=2h", "grace=72h"))
	_ = cmd.MarkFlagFilename("file", "yaml", "yml", "json")
}

func (f *endpointFlags) addClear(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.clear, "clear", nil, "`FIELD` to take out, such as pool; may be repeated")
}

// takesName takes the name as the argument, or from the file.
func (f *endpointFlags) takesName(cmd *cobra.Command) {
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 && f.file != "" {
			return nil
		}
		return arguments("NAME")(cmd, args)
	}
}

// read returns the fields as a body of the API has them; nil takes a field out.
func (f *endpointFlags) read(a *app, cmd *cobra.Command, args []string) (map[string]any, error) {
	fields := map[string]any{}
	if f.file != "" {
		if err := f.readFile(cmd.Context(), a, fields); err != nil {
			return nil, err
		}
	}
	if len(args) > 0 {
		if name, given := fields["name"]; given && name != args[0] {
			return nil, usageError("the file is about the endpoint %v, and not %q; leave one of the names out", name, args[0])
		}
		fields["name"] = args[0]
	}
	if name, _ := fields["name"].(string); name == "" {
		return nil, usageError("%s", errNoName)
	}
	given := cmd.Flags().Changed
	for flag, value := range f.texts() {
		if given(flag) {
			fields[flag] = *value
		}
	}
	if given("preserve-host") {
		fields["preserveHost"] = f.preserveHost
	}
	for flag, list := range map[string][]string{"schemes": f.schemes, "headers": f.headers} {
		if given(flag) {
			fields[flag] = list
		}
	}
	if err := f.readPairs(cmd, fields); err != nil {
		return nil, err
	}
	for _, flag := range f.clear {
		field, known := endpointFields[strings.ReplaceAll(flag, "_", "-")]
		if !known {
			return nil, usageError("--clear: %q is no field that can be taken out", flag)
		}
		fields[field] = nil
	}
	return fields, nil
}

// readPairs reads the flags that have an equals sign inside.
func (f *endpointFlags) readPairs(cmd *cobra.Command, fields map[string]any) error {
	given := cmd.Flags().Changed
	if given("methods") {
		methods := map[string]any{}
		for _, text := range f.methods {
			method, takes, ok := strings.Cut(text, "=")
			if !ok {
				return usageError("--methods: %q is not such as GET=read", text)
			}
			if _, twice := methods[method]; twice {
				return usageError("--methods: %s is said twice", method)
			}
			methods[method] = takes
		}
		fields["methods"] = methods
	}
	if given("paths") {
		paths := []any{}
		for _, text := range f.paths {
			if path, takes, ok := strings.Cut(text, "="); ok {
				paths = append(paths, map[string]any{"path": path, "require": takes})
				continue
			}
			paths = append(paths, text)
		}
		fields["paths"] = paths
	}
	if given("tenant") {
		way, name, ok := strings.Cut(f.tenant, "=")
		if !ok {
			return usageError("--tenant: %q is not such as header=X-Scope-OrgID", f.tenant)
		}
		fields["tenant"] = map[string]any{way: name}
	}
	if given("on-expired") {
		fields["onExpired"] = f.onExpired
		if way, time, ok := strings.Cut(f.onExpired, "="); ok {
			fields["onExpired"] = map[string]any{way: time}
		}
	}
	if given("limit-per-key") {
		limits, err := limitsOf(f.limitPerKey)
		if err != nil {
			return usageError("--limit-per-key: %s", err)
		}
		fields["limitPerKey"] = limits
	}
	return nil
}

// readFile reads the fields of a file.
func (f *endpointFlags) readFile(ctx context.Context, a *app, fields map[string]any) error {
	data, err := f.readAll(ctx, a)
	if err != nil {
		return usageError("-f: %s", err)
	}
	said, err := config.ReadYAML(data, "an endpoint's fields are written as NAME: VALUE, such as path: /things")
	if err != nil {
		return usageError("-f: %s is not YAML: %s", f.file, err)
	}
	if len(said) == 0 {
		return usageError("-f: %s holds no endpoint: write its fields as YAML, such as {name: things, path: /things, require: read}", f.file)
	}
	for _, field := range endpointFields { // the file says all, so that a change takes the rest out
		fields[field] = nil
	}
	for name, value := range said {
		delete(fields, camelField(name))
		fields[camelField(name)] = value
	}
	return nil
}

func (f *endpointFlags) readAll(ctx context.Context, a *app) ([]byte, error) {
	if f.file != "-" {
		return os.ReadFile(f.file)
	}
	text, err := term.ReadAll(ctx, a.in, 1<<20)
	return []byte(text), err
}

// camelField writes a field of the file as the API does.
func camelField(name string) string {
	parts := strings.Split(name, "_")
	for i := 1; i < len(parts); i++ {
		if parts[i] != "" {
			parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
		}
	}
	return strings.Join(parts, "")
}
