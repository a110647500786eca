package cli

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ostiary/ostiary/pkg/cli/contexts"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/secretfile"
)

const defaultURL = "http://127.0.0.1:7171"

// settings say how to reach a server. One of these comes from the flags, one
// from the environment and one from a context; an earlier one wins.
type settings struct {
	url, apiKey, apiKeyFile, caFile string
	insecure                        *bool
	name                            func(setting string) string // how a message calls where a setting came from
	context                         *contexts.Context           // if it came from one
}

// connect makes the client that the flags, the environment and the context
// describe.
func (a *app) connect(cmd *cobra.Command) (*client.Client, error) {
	if err := checkUTF8(cmd); err != nil {
		return nil, err
	}
	if a.flags.timeout < 0 {
		return nil, usageError("--timeout is %s; it must not be negative", a.flags.timeout)
	}
	layers, err := a.layers(cmd)
	if err != nil {
		return nil, err
	}
	address, caFile, caHint := defaultURL, "", ""
	a.urlFrom = "the default"
	insecure := false
	for i := range layers {
		l := layers[len(layers)-1-i] // the first layer has the last word
		if l.url != "" {
			address, a.urlFrom = l.url, l.name("url")
		}
		if l.caFile != "" {
			caFile, caHint = l.caFile, l.mendHint("--ca-file FILE")
		}
		if l.insecure != nil {
			insecure = *l.insecure
		}
	}
	key, err := a.key(layers)
	if err != nil {
		return nil, err
	}
	options := []client.Option{
		client.WithUserAgent("ostiary/" + Version), client.WithTimeout(a.flags.timeout),
		client.WithBearer(key), client.WithCAFile(caFile),
	}
	if insecure {
		a.say("ostiary: warning: the server's certificate is not checked, so anyone on the network path can read the API key")
		options = append(options, client.WithInsecure())
	}
	c, err := client.New(address, options...)
	if err != nil {
		if _, wrong := client.New(address, client.WithCAFile(caFile)); wrong != nil && caHint != "" {
			return nil, failed(exitUsage, caHint, "%s", wrong)
		}
		return nil, failed(exitUsage, fmt.Sprintf("the address is from %s, the API key from %s", a.urlFrom, a.keyFrom),
			"%s", err)
	}
	if client.Exposed(address) { // which holds no password: the client takes none
		a.say("ostiary: warning: the API key goes to %s without TLS, so anyone on the network path can read it",
			address)
	}
	return c, nil
}

// checkUTF8 refuses what cannot be sent as it was typed: JSON would silently
// hold something else. Files may be called anything.
func checkUTF8(cmd *cobra.Command) (err error) {
	for _, arg := range cmd.Flags().Args() {
		if !utf8.ValidString(arg) {
			return usageError("the argument %q is not valid UTF-8; look how your terminal is set up", arg)
		}
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err == nil && !strings.HasSuffix(f.Name, "-file") && !utf8.ValidString(f.Value.String()) {
			err = usageError("--%s: %q is not valid UTF-8; look how your terminal is set up", f.Name, f.Value.String())
		}
	})
	return err
}

// layers returns the settings in the order in which they count. A context
// counts only for its own address, so that its key is never sent to another.
func (a *app) layers(cmd *cobra.Command) ([]settings, error) {
	flags := a.fromFlags(cmd)
	environment, err := fromEnvironment()
	if err != nil {
		return nil, err
	}
	switch {
	case a.flags.context != "" && flags.url != "":
		return nil, usageError("--context and --url both name a server; give one of them")
	case a.flags.context != "":
		context, err := a.fromContext(a.flags.context)
		if err != nil {
			return nil, err
		}
		return []settings{flags, context, environment}, nil
	case flags.url != "" || environment.url != "":
		return a.withContextFor(cmp.Or(flags.url, environment.url), flags, environment), nil
	}
	context, err := a.fromContext(os.Getenv("OSTIARY_CONTEXT"))
	if err != nil {
		return nil, err
	}
	return []settings{flags, environment, context}, nil
}

// withContextFor adds the context that would be used to layers which name a
// server, if it is for the same one. A server that is named needs no context,
// so that the contexts cannot be read matters only if there is no key.
func (a *app) withContextFor(address string, layers ...settings) []settings {
	context, err := a.fromContext(os.Getenv("OSTIARY_CONTEXT"))
	switch {
	case err != nil:
		a.noContext = err
	case context.context == nil:
	case sameAddress(context.url, address):
		return append(layers, context)
	default:
		a.leftOut = context.context
	}
	return layers
}

func (a *app) fromFlags(cmd *cobra.Command) settings {
	s := settings{
		url: a.flags.url, apiKey: a.flags.apiKey, apiKeyFile: a.flags.apiKeyFile, caFile: a.flags.caFile,
		name: func(setting string) string { return "--" + setting },
	}
	if cmd.Flags().Changed("insecure") {
		s.insecure = &a.flags.insecure
	}
	return s
}

func fromEnvironment() (settings, error) {
	s := settings{
		url: os.Getenv("OSTIARY_URL"), apiKey: os.Getenv("OSTIARY_API_KEY"),
		apiKeyFile: os.Getenv("OSTIARY_API_KEY_FILE"),
		caFile:     os.Getenv("OSTIARY_CA_FILE"),
		name: func(setting string) string {
			return "OSTIARY_" + strings.ToUpper(strings.ReplaceAll(setting, "-", "_"))
		},
	}
	if value := os.Getenv("OSTIARY_INSECURE"); value != "" {
		insecure, err := strconv.ParseBool(value)
		if err != nil {
			return settings{}, usageError("OSTIARY_INSECURE is %q; use true or false", value)
		}
		s.insecure = &insecure
	}
	return s, nil
}

// fromContext returns the settings of the named context, or of the current
// one if there is no name.
func (a *app) fromContext(name string) (settings, error) {
	file, err := contexts.Read()
	if err != nil {
		return settings{}, err
	}
	if name == "" {
		name = file.Current
	}
	if name == "" {
		return settings{}, nil
	}
	c := file.Find(name)
	if c == nil {
		return settings{}, noContext(name)
	}
	if file.Warning != "" && c.APIKey != "" {
		a.say("ostiary: warning: the keys in %s", file.Warning)
	}
	return settings{
		url: c.URL, apiKey: c.APIKey, apiKeyFile: c.APIKeyFile, caFile: c.CAFile, insecure: c.Insecure,
		name:    func(string) string { return fmt.Sprintf("the context %q", name) },
		context: c,
	}, nil
}

// key returns the API key of the first layer that has one.
func (a *app) key(layers []settings) (string, error) {
	for _, l := range layers {
		switch {
		case l.apiKey != "" && l.apiKeyFile != "":
			return "", usageError("%s and %s are both given; give one of them", l.name("api-key"),
				l.name("api-key-file"))
		case l.apiKey != "":
			a.keyFrom = l.name("api-key")
			return l.apiKey, nil
		case l.apiKeyFile != "":
			a.keyFrom = l.apiKeyFile
			key, err := a.readKeyFile(l.apiKeyFile)
			if wrong, ok := errors.AsType[*failure](err); ok && l.context != nil {
				wrong.hint = l.mendHint("--api-key-file FILE")
			}
			return key, err
		}
	}
	if a.noContext != nil { // which might have had it
		return "", a.noContext
	}
	const message = "there is no API key to sign in with"
	if c := a.leftOut; c != nil {
		return "", failed(exitNotAllowed,
			fmt.Sprintf("the context %q was left out, because it is for another address, %s; give --api-key-file FILE, set OSTIARY_API_KEY, or name a context with --context instead of the address", c.Name, c.URL), message)
	}
	return "", failed(exitNotAllowed,
		"give --api-key-file FILE, set OSTIARY_API_KEY, or save a context: ostiary context add --help", message)
}

// mendHint says how to mend a context that names a file which is of no use;
// replaced is the flag that names another. It is empty for what came from
// elsewhere.
func (s settings) mendHint(replaced string) string {
	c := s.context
	if c == nil {
		return ""
	}
	words := []string{"ostiary context add", term.Quote(c.Name), "--url", term.Quote(c.URL)}
	flag, _, _ := strings.Cut(replaced, " ")
	for _, given := range [][2]string{{"--ca-file", c.CAFile}, {"--api-key-file", c.APIKeyFile}} {
		if given[1] != "" && given[0] != flag {
			words = append(words, given[0], term.Quote(given[1]))
		}
	}
	if c.APIKey != "" {
		words = append(words, "--api-key-stdin")
	}
	if c.Insecure != nil {
		words = append(words, fmt.Sprintf("--insecure=%t", *c.Insecure))
	}
	return fmt.Sprintf("the context %q names it; put it back, or make the context anew: ostiary context remove %s; %s %s", c.Name, term.Quote(c.Name), strings.Join(words, " "), replaced)
}

// sameAddress reports whether two addresses are of one server.
func sameAddress(a, b string) bool {
	left, err := client.New(a)
	if err != nil {
		return false
	}
	right, err := client.New(b)
	return err == nil && canonical(left.Address()) == canonical(right.Address())
}

// canonical writes an address without what makes no difference: the case of
// the host, and the usual port.
func canonical(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + net.JoinHostPort(host, port) + u.Path
}

// readKeyFile reads a file that holds a key alone.
func (a *app) readKeyFile(path string) (string, error) {
	key, warning, err := secretfile.Line(path, "the key")
	if err != nil {
		return "", failed(exitUsage, "", "the API key file cannot be read: %s", err)
	}
	if warning != "" {
		a.say("ostiary: warning: the API key file %s", warning)
	}
	if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", failed(exitUsage, "write the key to it, and nothing else",
			"the API key file %s does not hold a key alone", path)
	}
	return key, nil
}
