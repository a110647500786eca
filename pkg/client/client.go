// Package client asks a resource API, of a server of its own or under Grafana.
//
// Every method takes a context and can be called from several goroutines.
// The type of an error says its kind: an *api.Error is what the server answered (its code
// is read with apikey.ErrorCode), a *ConnectError means that no answer came, a
// *TLSError that the connection is not to be trusted, a *ForeignError that
// something other than Ostiary answered, a *RedirectError that the server
// points elsewhere. No error holds a credential.
package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
)

// DefaultTimeout is how long one request may take.
const DefaultTimeout = 30 * time.Second

// Client asks one resource API. Make it with New.
type Client struct {
	base      *url.URL
	http      *http.Client
	authorize func(*http.Request)
	userAgent string
	orgID     int64 // of Grafana; 0 = the one that is chosen there
	timeout   time.Duration
}

// options gather what the Options ask for.
type options struct {
	authorize func(*http.Request)
	userAgent string
	orgID     int64
	timeout   time.Duration
	client    *http.Client
	tls       *tls.Config
	caFile    string
	insecure  bool
}

// Option changes how a Client works.
type Option func(*options) error

// WithBearer sends a key of Ostiary or a service-account token of Grafana.
func WithBearer(token string) Option {
	return func(o *options) error {
		token := strings.TrimSpace(token) // files end in a newline
		if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return errors.New("the API key is empty or holds characters that no key has")
		}
		return o.authenticate(func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) })
	}
}

// WithBasic sends the login and the password of a Grafana user.
func WithBasic(user, password string) Option {
	return func(o *options) error {
		if user == "" || strings.Contains(user, ":") {
			return errors.New("a user name must not be empty or hold a colon")
		}
		return o.authenticate(func(r *http.Request) { r.SetBasicAuth(user, password) })
	}
}

func (o *options) authenticate(how func(*http.Request)) error {
	if o.authorize != nil {
		return errors.New("two credentials were given; use either an API key or a user name with its password")
	}
	o.authorize = how
	return nil
}

// WithOrganization acts in an organization of a Grafana's user other than the one that is chosen there. Credentials
// that belong to one organization reach no other.
func WithOrganization(id int64) Option {
	return func(o *options) error {
		if id <= 0 {
			return fmt.Errorf("the organization %d does not exist; organizations are numbered from 1", id)
		}
		o.orgID = id
		return nil
	}
}

// WithUserAgent names the program in the server's log.
func WithUserAgent(name string) Option {
	return func(o *options) error {
		o.userAgent = name
		return nil
	}
}

// WithTimeout limits one request, the reading of its answer included; 0 means
// that the context alone decides.
func WithTimeout(d time.Duration) Option {
	return func(o *options) error {
		if d < 0 {
			return fmt.Errorf("the timeout %s is negative", d)
		}
		o.timeout = d
		return nil
	}
}

// WithCAFile trusts the authorities in a PEM file, and the system's.
func WithCAFile(path string) Option {
	return func(o *options) error {
		o.caFile = path
		return nil
	}
}

// WithInsecure trusts any certificate. Anyone on the path of the connection can then read the credentials.
func WithInsecure() Option {
	return func(o *options) error {
		o.insecure = true
		return nil
	}
}

// WithTLSConfig sets all of TLS; a CA file comes on top.
func WithTLSConfig(config *tls.Config) Option {
	return func(o *options) error {
		o.tls = config
		return nil
	}
}

// WithHTTPClient asks through client, whose transport has its own TLS. The
// client itself is not changed; its policy for redirects is not used.
func WithHTTPClient(client *http.Client) Option {
	return func(o *options) error {
		o.client = client
		return nil
	}
}

// New returns a Client for the API at address: that of a server or of a
// Grafana, perhaps with a sub-path (https://host/graph), or that of the API
// itself. It connects to nothing.
func New(address string, opts ...Option) (*Client, error) {
	base, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	o := options{userAgent: "ostiary-client", timeout: DefaultTimeout}
	for _, opt := range opts {
		if err := opt(&o); err != nil {
			return nil, err
		}
	}
	httpClient, err := o.httpClient()
	if err != nil {
		return nil, err
	}
	if o.authorize == nil {
		o.authorize = func(*http.Request) {}
	}
	return &Client{
		base: base, http: httpClient, authorize: o.authorize, userAgent: o.userAgent, orgID: o.orgID,
		timeout: o.timeout,
	}, nil
}

// Address returns the address of the API itself.
func (c *Client) Address() string { return c.base.String() }

// parseAddress completes an address to that of the API. Errors do not quote
// it, because a password may be in it.
func parseAddress(address string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return nil, errors.New("the server's address must look like http://127.0.0.1:7171 or https://grafana.example.org/graph")
	case u.User != nil:
		return nil, errors.New("the server's address must not hold a user name or password; give them apart from it")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("the server's address must end before the ? or #")
	}
	path := strings.TrimRight(u.Path, "/")
	if !strings.HasSuffix(path, api.BasePath) {
		path += api.BasePath
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: path}, nil
}

func (o *options) httpClient() (*http.Client, error) {
	if o.client != nil {
		if o.tls != nil || o.caFile != "" || o.insecure {
			return nil, errors.New("an HTTP client brings its own TLS; give either it or TLS options")
		}
		client := *o.client
		client.CheckRedirect = checkRedirect
		return &client, nil
	}
	config, err := o.tlsConfig()
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig, transport.Proxy = config, proxy
	return &http.Client{Transport: transport, CheckRedirect: checkRedirect}, nil
}

func (o *options) tlsConfig() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.tls != nil {
		config = o.tls.Clone()
	}
	if o.insecure {
		config.InsecureSkipVerify = true
	}
	if o.caFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(o.caFile)
	if err != nil {
		return nil, fmt.Errorf("the CA file cannot be read: %w", err)
	}
	roots := config.RootCAs
	if roots == nil {
		if roots, err = x509.SystemCertPool(); err != nil {
			roots = x509.NewCertPool() // a system without authorities
		}
	} else {
		roots = roots.Clone()
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("the CA file %s holds no certificate in PEM form", o.caFile)
	}
	config.RootCAs = roots
	return config, nil
}
