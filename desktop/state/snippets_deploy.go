package state

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// grafana is a file for Grafana's provisioning/datasources.
func (u Use) grafana(sources []place) string {
	if len(sources) == 0 {
		return ""
	}
	return "apiVersion: 1\ndatasources:\n" + strings.Join(textOfEach(sources, func(p place) string {
		var names, values []string
		for i, h := range u.sentTo(p) {
			names = append(names, fmt.Sprintf("httpHeaderName%d: %s", i+1, h.name))
			values = append(values, fmt.Sprintf("httpHeaderValue%d: %s", i+1, quoted(h.value)))
		}
		return fmt.Sprintf(`  - name: %s
    type: %s
    access: proxy
    url: %s
    jsonData:
%s    secureJsonData:
%s`, quoted(p.endpoint.Name), dataSources[p.endpoint.Kind].sort, quoted(p.url),
			indented("      ", names, u.trusting("tlsAuthWithCACert: true")),
			indented("      ", values, u.pemAt("tlsCACert: |")))
	}), "")
}

// grafanaForm is what is typed into Grafana's form, a field a line.
func (u Use) grafanaForm(sources []place) string {
	return strings.Join(textOfEach(sources, func(p place) string {
		fields := []header{{"URL", p.url}, {"Authentication method", "No Authentication"}}
		if u.Gate.Certificate != "" {
			fields = append(fields, header{"TLS settings", "Add self-signed certificate: " + CertificateFile})
		}
		for _, h := range u.sentTo(p) {
			fields = append(fields, header{"HTTP headers, Header", h.name}, header{"HTTP headers, Value", h.value})
		}
		var b strings.Builder
		for _, f := range fields {
			fmt.Fprintf(&b, "%-22s %s\n", f.name, f.value)
		}
		return b.String()
	}), "\n")
}

// sentTo are the headers of a request to a place.
func (u Use) sentTo(p place) []header {
	return append([]header{{"Authorization", "Bearer " + u.Token}}, p.tenant...)
}

// pemAt is an option with the gate's certificate; none where clients trust it.
func (u Use) pemAt(option string) []string {
	if u.Gate.Certificate == "" {
		return nil
	}
	return strings.Split(option+"\n  "+strings.ReplaceAll(strings.TrimSpace(u.Gate.Certificate), "\n", "\n  "), "\n")
}

// onlyNumbers are addresses that are no names.
var onlyNumbers = regexp.MustCompile(`^[\d.]+$|:`)

// nginx is a server on the same machine that adds the key, for programs that can
// send none.
func (u Use) nginx() string {
	anywhere := func(api.Endpoint) (string, bool) { return "", true }
	passed := slices.Concat(u.places(apikey.PermissionIngest, anywhere), u.places(apikey.PermissionRead, anywhere))
	at, err := url.Parse(u.Gate.URL)
	if _, ok := u.ProvenAt(); !ok || len(passed) == 0 || err != nil {
		return ""
	}
	// nginx compares names alone; a self-made certificate is for localhost too, besides its addresses.
	name := strings.ToLower(at.Hostname())
	if onlyNumbers.MatchString(name) {
		name = "localhost"
	}
	options := []string{
		"proxy_pass " + u.Gate.URL + ";",
		"proxy_set_header Host " + strings.ToLower(passed[0].parts().Host) + ";",
		`proxy_set_header Authorization "Bearer ` + u.Token + `";`,
	}
	for _, h := range tenantOf(passed) {
		options = append(options, "proxy_set_header "+h.name+" "+quoted(h.value)+";")
	}
	return "server {\n    listen 127.0.0.1:8080;\n\n    location / {\n" + indented("        ", options, u.trusting(
		"proxy_ssl_trusted_certificate "+CertificateFile+";",
		"proxy_ssl_verify on;",
		"proxy_ssl_name "+name+";",
	)) + "    }\n}\n"
}

// tenantOf is what the first of the places that needs a tenant says of it.
func tenantOf(places []place) []header {
	for _, p := range places {
		if len(p.tenant) > 0 {
			return p.tenant
		}
	}
	return nil
}

// kubernetes is a Secret with the token.
func (u Use) kubernetes() string {
	name := "ostiary"
	if of := secretName(u.Key.Name); of != "" {
		name += "-" + of
	}
	return fmt.Sprintf(`apiVersion: v1
kind: Secret
metadata:
  name: %s
type: Opaque
stringData:
  token: %s
%s`, quoted(name), u.Token, indented("  ", u.pemAt(CertificateFile+": |")))
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// secretName is the name of a key as Kubernetes takes one.
func secretName(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.M, r) { // accents
			return -1
		}
		return r
	}, norm.NFKD.String(name))
	name = notInNames.ReplaceAllString(strings.ToLower(name), "-")
	return strings.Trim(name[:min(50, len(name))], "-")
}
