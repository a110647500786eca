package state

import (
	"fmt"
	"slices"
	"strings"
)

// alloy is a configuration for Grafana Alloy that sends something to each
// endpoint that the key may send to.
func (u Use) alloy(logs, metrics, profiles, otlp []place) string {
	fed := slices.Concat(logs, metrics, profiles)
	rest := slices.DeleteFunc(slices.Clone(otlp), func(p place) bool {
		return slices.ContainsFunc(fed, func(other place) bool { return other.endpoint.Name == p.endpoint.Name })
	})
	parts := []string{
		u.written(logs, "loki.write", `local.file_match "logs" {
  path_targets = [{"__path__" = "/var/log/*.log"}]
}

loki.source.file "logs" {
  targets    = local.file_match.logs.targets
  forward_to = [%s]
}`),
		u.written(metrics, "prometheus.remote_write", `prometheus.exporter.unix "host" { }

prometheus.scrape "host" {
  targets    = prometheus.exporter.unix.host.targets
  forward_to = [%s]
}`),
		u.written(profiles, "pyroscope.write", `pyroscope.scrape "alloy" {
  targets    = [{"__address__" = "127.0.0.1:12345", "service_name" = "alloy"}]
  forward_to = [%s]
}`),
		u.telemetry(rest),
	}
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), "\n")
}

// receivers are what receives from a component, of all the places.
func receivers(targets []place, component, end string) string {
	names := textOfEach(targets, func(p place) string { return component + "." + p.plain() + "." + end })
	return strings.Join(names, ", ")
}

// written is a source, which forwards to a writer for each place.
func (u Use) written(targets []place, component, source string) string {
	if len(targets) == 0 {
		return ""
	}
	writers := textOfEach(targets, func(p place) string {
		return fmt.Sprintf(`%s "%s" {
  endpoint {
    url          = %s
    bearer_token = "%s"
%s%s  }
}
`, component, p.plain(), quoted(p.url), u.Token, indented("    headers      = ", p.headersInAlloy()), u.trustInAlloy("tls_config"))
	})
	return fmt.Sprintf(source, receivers(targets, component, "receiver")) + "\n\n" + strings.Join(writers, "\n")
}

// telemetry takes OTLP from programs, and passes it on.
func (u Use) telemetry(targets []place) string {
	if len(targets) == 0 {
		return ""
	}
	exporters := textOfEach(targets, func(p place) string {
		return fmt.Sprintf(`otelcol.exporter.otlphttp "%s" {
  client {
    endpoint = %s
    auth     = otelcol.auth.bearer.ostiary.handler
%s%s  }
}
`, p.plain(), quoted(p.url), indented("    headers  = ", p.headersInAlloy()), u.trustInAlloy("tls"))
	})
	return fmt.Sprintf(`otelcol.receiver.otlp "programs" {
  grpc { }

  http { }

  output {
%s  }
}

otelcol.auth.bearer "ostiary" {
  token = "%s"
}

%s`, indented("    ", outputs(targets)), u.Token, strings.Join(exporters, "\n"))
}

// outputs say where each signal goes, with the signs of equality in one column.
func outputs(targets []place) (all []string) {
	width := 0
	for _, s := range bySignal(targets) {
		width = max(width, len(s.signal))
	}
	for _, s := range bySignal(targets) {
		to := receivers(s.to, "otelcol.exporter.otlphttp", "input")
		all = append(all, fmt.Sprintf("%-*s = [%s]", width, s.signal, to))
	}
	return all
}

// headersInAlloy is what is said about the tenant.
func (p place) headersInAlloy() []string {
	return p.tenantIn(func(h header) []string { return []string{"{" + quoted(h.name) + " = " + quoted(h.value) + "}"} })
}

func (u Use) trustInAlloy(block string) string {
	return u.trustText(fmt.Sprintf("\n    %s {\n      ca_file = %s\n    }\n", block, quoted(CertificateFile)))
}
