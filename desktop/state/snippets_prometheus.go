package state

import (
	"fmt"
	"strings"
)

// scrape is what Prometheus scrapes with the key.
func (u Use) scrape(target *place) string {
	if target == nil {
		return ""
	}
	at := target.parts()
	tenant := target.tenantIn(func(h header) []string {
		return []string{"http_headers:", "  " + h.name + ": {values: [" + quoted(h.value) + "]}"}
	})
	return fmt.Sprintf(`scrape_configs:
  - job_name: %s
    scheme: %s
    metrics_path: %s
    authorization:
      type: Bearer
      credentials: %s
%s    static_configs:
      - targets: ['%s']
`, quoted(target.endpoint.Name), at.Scheme, quoted(target.path()), u.Token,
		indented("    ", tenant, u.trusting("tls_config:", "  ca_file: "+CertificateFile)), at.Host)
}

// remoteWrite is where Prometheus writes to.
func (u Use) remoteWrite(targets []place) string {
	if len(targets) == 0 {
		return ""
	}
	return "remote_write:\n" + strings.Join(textOfEach(targets, func(p place) string {
		return fmt.Sprintf(`  - url: %s
    authorization:
      type: Bearer
      credentials: %s
%s`, quoted(p.url), u.Token,
			indented("    ", p.headersInYAML(), u.trusting("tls_config:", "  ca_file: "+CertificateFile)))
	}), "")
}

// headersInYAML is what is said about the tenant as an option.
func (p place) headersInYAML() []string {
	return p.tenantIn(func(h header) []string { return []string{"headers:", "  " + h.name + ": " + quoted(h.value)} })
}
