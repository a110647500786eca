package state

import (
	"fmt"
	"strings"
)

// collector is a whole configuration of the OpenTelemetry Collector: it takes
// OTLP from programs, and sends what the key may.
func (u Use) collector(targets []place) string {
	if len(targets) == 0 {
		return ""
	}
	named := func(p place) string {
		if len(targets) > 1 {
			return "otlp_http/" + p.endpoint.Name
		}
		return "otlp_http"
	}
	exporters := textOfEach(targets, func(p place) string {
		return fmt.Sprintf(`  %s: # otlphttp in older Collectors
    endpoint: %s
%s    auth:
      authenticator: bearertokenauth
`, named(p), quoted(p.url), indented("    ", p.headersInYAML(), u.trusting("tls:", "  ca_file: "+CertificateFile)))
	})
	var pipelines strings.Builder
	for _, s := range bySignal(targets) {
		fmt.Fprintf(&pipelines, `    %s:
      receivers: [otlp]
      exporters: [%s]
`, s.signal, strings.Join(textOfEach(s.to, named), ", "))
	}
	return fmt.Sprintf(`extensions:
  bearertokenauth:
    token: %s

receivers:
  otlp:
    protocols:
      grpc:
      http:

exporters:
%s
service:
  extensions: [bearertokenauth]
  pipelines:
%s`, u.Token, strings.Join(exporters, ""), pipelines.String())
}
