package state

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

// SnippetID names a way to use a token.
type SnippetID string

// The ways.
const (
	SnippetPush        SnippetID = "push"
	SnippetQuery       SnippetID = "query"
	SnippetBearer      SnippetID = "bearer"
	SnippetBasic       SnippetID = "basic"
	SnippetAlloy       SnippetID = "alloy"
	SnippetPrometheus  SnippetID = "prometheus"
	SnippetRemoteWrite SnippetID = "remote-write"
	SnippetCollector   SnippetID = "otel"
	SnippetPromtail    SnippetID = "promtail"
	SnippetTelegraf    SnippetID = "telegraf"
	SnippetVector      SnippetID = "vector"
	SnippetPyroscope   SnippetID = "pyroscope"
	SnippetPython      SnippetID = "python"
	SnippetGrafana     SnippetID = "grafana"
	SnippetGrafanaForm SnippetID = "grafana-form"
	SnippetNginx       SnippetID = "nginx"
	SnippetKubernetes  SnippetID = "kubernetes"
	SnippetEnvironment SnippetID = "env"
	SnippetCertificate SnippetID = "certificate"
)

// Snippet is a ready piece of configuration, with the token filled in.
type Snippet struct {
	ID   SnippetID
	Text string
}

// Use is what snippets are made for: a key at a gate.
type Use struct {
	Token string // or a mark for it; nothing in it has to be escaped
	Key   api.Key
	Gate  api.GateAddress

	// Endpoints are what the gate protects.
	Endpoints []api.Endpoint
}

// CertificateFile is under which name snippets expect the gate's self-made
// certificate.
const CertificateFile = "ostiary-gate.pem"

// Gate asks what the gate protects, and where clients reach it.
func (s *Session) Gate(ctx context.Context) (*api.EndpointList, error) {
	list, err := s.client.Endpoints(ctx)
	if unknown(err) {
		return nil, &Problem{Kind: KindOlder, Err: err}
	}
	if err != nil {
		return nil, err
	}
	list.Gate.URL = gateURL(list.Gate, s.Connection)
	return list, nil
}

// unknown reports whether a server, which is an Ostiary, does not know a route.
func unknown(err error) bool {
	foreign, ok := errors.AsType[*client.ForeignError](err)
	return ok && foreign.Status == http.StatusNotFound || apikey.ErrorCode(err) == apikey.CodeNotFound
}

// gateURL is where clients reach the gate. A gate that listens at every address
// of its server is reached by the host by which the server is.
func gateURL(gate api.GateAddress, c Connection) string {
	address := strings.TrimSuffix(gate.URL, "/")
	at, err := url.Parse(address)
	if err != nil || !gate.AnyAddress {
		return address
	}
	server, err := url.Parse(c.Address)
	if err != nil || server.Hostname() == "" {
		return address
	}
	port := at.Port()
	if port == defaultPorts[at.Scheme] {
		port = ""
	}
	at.Host = strings.TrimSuffix(net.JoinHostPort(server.Hostname(), port), ":")
	return at.String()
}

// defaultPorts need not be written.
var defaultPorts = map[string]string{"http": "80", "https": "443"}

// opened are the endpoints that the key opens.
func (u Use) opened() []api.Endpoint { return reachOf(u.Key).Opened(u.Endpoints) }

// ProvenAt is the endpoint at which the key is shown to be good; empty for any.
// It is not ok if the key opens none of those that it is limited to. A name that
// the gate does not know may be one that only a proxy knows.
func (u Use) ProvenAt() (name string, ok bool) {
	if len(u.Key.Endpoints) == 0 {
		return "", true
	}
	if opened := u.opened(); len(opened) > 0 {
		good := max(0, slices.IndexFunc(opened, func(e api.Endpoint) bool { return !u.lacksTenant(e) }))
		return opened[good].Name, true
	}
	if unknown := Unknown(u.Key.Endpoints, u.Endpoints); len(unknown) > 0 {
		return unknown[0], true
	}
	return "", false
}

// Snippets are those that work with the key's role and limits, at this gate.
// Their texts are those of the console, which a file that both are tested
// against holds: src/components/snippets/snippets.golden.
func (u Use) Snippets() (all []Snippet) {
	add := func(id SnippetID, text string) {
		if text != "" {
			all = append(all, Snippet{id, text})
		}
	}
	u.addRequests(add)
	u.addClients(add)
	add(SnippetPython, u.python())
	sources := u.places(apikey.PermissionRead, dataSourceAt)
	add(SnippetGrafana, u.grafana(sources))
	add(SnippetGrafanaForm, u.grafanaForm(sources))
	add(SnippetNginx, u.nginx())
	add(SnippetKubernetes, u.kubernetes())
	// A shell may have the other variable, and a command line that is given both takes neither.
	add(SnippetEnvironment, fmt.Sprintf("unset OSTIARY_API_KEY_FILE\nexport OSTIARY_API_KEY='%s'", u.Token))
	if u.Gate.Certificate != "" {
		add(SnippetCertificate, strings.TrimSpace(u.Gate.Certificate)+"\n")
	}
	return all
}

// addClients adds the settings of programs that go through the gate.
func (u Use) addClients(add func(SnippetID, string)) {
	logs, metrics := u.places(apikey.PermissionIngest, logsAt), u.places(apikey.PermissionIngest, remoteWriteAt)
	profiles, otlp := u.places(apikey.PermissionIngest, profilesAt), u.otlpPlaces()
	scraped := u.scraped()
	add(SnippetAlloy, u.alloy(logs, metrics, profiles, otlp))
	add(SnippetPrometheus, u.scrape(scraped))
	add(SnippetRemoteWrite, u.remoteWrite(metrics))
	add(SnippetCollector, u.collector(otlp))
	add(SnippetPromtail, u.promtail(logs))
	add(SnippetTelegraf, u.telegraf(scraped, logs, metrics))
	add(SnippetVector, u.vector(logs, metrics))
	add(SnippetPyroscope, u.pyroscope(profiles))
}
