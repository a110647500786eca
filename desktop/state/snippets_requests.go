package state

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// addRequests adds lines for curl.
func (u Use) addRequests(add func(SnippetID, string)) {
	// What would be refused proves nothing.
	if logs := u.places(apikey.PermissionIngest, u.letsIn(logsAt)); len(logs) > 0 {
		add(SnippetPush, u.push(logs[0]))
	} else if read := u.places(apikey.PermissionRead, u.letsIn(queriedAt)); len(read) > 0 {
		add(SnippetQuery, u.query(read[0]))
	}
	address, headers, ok := u.question()
	if !ok {
		return
	}
	add(SnippetBearer, u.curl("-H 'Authorization: Bearer "+u.Token+"' ", headers, inShell(address)))
	add(SnippetBasic, u.curl("-u 'api_key:"+u.Token+"' ", headers, inShell(address)))
}

// letsIn finds what at does, at endpoints that do not refuse the key for lack of a tenant.
func (u Use) letsIn(at func(api.Endpoint) (string, bool)) func(api.Endpoint) (string, bool) {
	return func(e api.Endpoint) (string, bool) {
		if u.lacksTenant(e) {
			return "", false
		}
		return at(e)
	}
}

// lacksTenant reports whether the key is refused at an endpoint that it opens, because it acts for no tenant.
func (u Use) lacksTenant(e api.Endpoint) bool { return e.Tenant != nil && len(u.Key.Tenants) == 0 }

func (u Use) curl(credential string, headers []header, rest string) string {
	var more strings.Builder
	for _, h := range headers {
		more.WriteString("-H " + inShell(h.name+": "+h.value) + " ")
	}
	return "curl -i " + u.trustText("--cacert "+CertificateFile+" ") + credential + more.String() + rest
}

// push pushes a line of log. The shell puts the time in, in nanoseconds.
func (u Use) push(to place) string {
	body := `'{"streams": [{"stream": {"job": "first"}, "values": [["'$(date +%s)'000000000", "Hello from curl"]]}]}'`
	headers := append([]header{{"Content-Type", "application/json"}}, to.tenant...)
	return u.curl("-H 'Authorization: Bearer "+u.Token+"' ", headers, "-d "+body+" "+inShell(to.url))
}

// query reads some of what is there.
func (u Use) query(at place) string {
	what := "-G --data-urlencode " + inShell(someOf[dataSources[at.endpoint.Kind].sort].query) + " "
	return u.curl("-H 'Authorization: Bearer "+u.Token+"' ", at.tenant, what+inShell(at.url))
}

// question asks the gate whether it lets the key in, with what it says about a
// tenant.
func (u Use) question() (address string, headers []header, ok bool) {
	name, ok := u.ProvenAt()
	if !ok || u.Gate.URL == "" {
		return "", nil, false
	}
	address = u.Gate.URL + "/auth"
	if name == "" {
		return address, nil, true
	}
	address += "?endpoint=" + url.QueryEscape(name)
	e, permission := u.provenBy(name)
	// An endpoint that takes several permissions must be asked about one.
	if permission != "" && permission != api.RequireNone && e.Require == "" {
		address += "&require=" + permission
	}
	doing := apikey.PermissionRead
	if permission == apikey.PermissionIngest.String() {
		doing = apikey.PermissionIngest
	}
	return address, u.tenantHeaders(e, doing), true
}

// provenBy is the endpoint of a name with the first permission that it takes and
// the key's role grants; empty for one that the gate does not know.
func (u Use) provenBy(name string) (api.Endpoint, string) {
	for _, e := range u.Endpoints {
		if granted := granted(u.Key.Role, e); e.Name == name && len(granted) > 0 {
			return e, granted[0]
		}
	}
	return api.Endpoint{}, ""
}

func inShell(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// pyroscope starts Pyroscope's library in a program in Go.
func (u Use) pyroscope(targets []place) string {
	if len(targets) == 0 {
		return ""
	}
	tenant := targets[0].tenantIn(func(h header) []string {
		return []string{"TenantID:          " + quoted(h.value) + ","}
	})
	return fmt.Sprintf(`%spyroscope.Start(pyroscope.Config{
	ApplicationName:   "my.service",
	ServerAddress:     %s,
	BasicAuthUser:     "api_key",
	BasicAuthPassword: "%s",
%s})
`, u.trustText("// Run it with SSL_CERT_FILE="+CertificateFile+"\n"), quoted(targets[0].url), u.Token, indented("\t", tenant))
}
