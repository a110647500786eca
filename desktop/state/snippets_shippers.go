package state

import (
	"fmt"
	"strings"
)

// promtail is a whole configuration that ships logs.
func (u Use) promtail(logs []place) string {
	if len(logs) == 0 {
		return ""
	}
	clients := textOfEach(logs, func(p place) string {
		return fmt.Sprintf("  - url: %s\n    bearer_token: %s\n", quoted(p.url), u.Token) +
			indented("    ", p.tenantID(), u.trusting("tls_config:", "  ca_file: "+CertificateFile))
	})
	return fmt.Sprintf(`server:
  http_listen_port: 9080
  grpc_listen_port: 0

positions:
  filename: /tmp/promtail-positions.yaml

clients:
%s
scrape_configs:
  - job_name: logs
    static_configs:
      - targets: [localhost]
        labels:
          job: varlogs
          __path__: /var/log/*.log
`, strings.Join(clients, ""))
}

// tenantID is what is said about the tenant, for a program that knows the header.
func (p place) tenantID() []string {
	return p.tenantIn(func(h header) []string { return []string{"tenant_id: " + quoted(h.value)} })
}

// telegraf is a whole configuration that ships logs and metrics, and reads what
// the key may.
func (u Use) telegraf(scraped *place, logs, metrics []place) string {
	var parts []string
	if len(logs) > 0 {
		parts = append(parts, `[[inputs.tail]]
  files = ["/var/log/*.log"]
  data_format = "value"
  data_type = "string"
`)
	}
	if len(metrics) > 0 {
		parts = append(parts, "[[inputs.cpu]]\n", "[[inputs.mem]]\n")
	}
	if scraped != nil {
		parts = append(parts, u.telegrafInput(*scraped))
		// Without an output Telegraf does not start.
		if len(metrics) == 0 {
			parts = append(parts, telegrafOutput(len(logs) > 0))
		}
	}
	parts = append(parts, textOfEach(logs, u.telegrafLogs)...)
	parts = append(parts, textOfEach(metrics, u.telegrafMetrics)...)
	return strings.Join(parts, "\n")
}

func (u Use) telegrafInput(p place) string {
	options := []string{"urls = [" + quoted(p.url) + "]", `bearer_token_string = "` + u.Token + `"`}
	if len(p.tenant) > 0 {
		options = append(options, "http_headers = {"+strings.Join(p.tenantIn(inTOML), ", ")+"}")
	}
	return "[[inputs.prometheus]]\n" + indented("  ", options, u.trustInTelegraf())
}

// telegrafOutput prints what has no other place to go to: all but logs.
func telegrafOutput(logs bool) string {
	var options []string
	if logs {
		options = append(options, `namedrop = ["tail"]`)
	}
	return "[[outputs.file]]\n" + indented("  ", options, []string{`files = ["stdout"]`})
}

func (u Use) telegrafLogs(p place) string {
	return "[[outputs.loki]]\n  namepass = [\"tail\"]\n" + indented("  ", []string{
		"domain = " + quoted(p.origin()),
		"endpoint = " + quoted(p.path()),
		"http_headers = {" + strings.Join(u.headersInTOML(p), ", ") + "}",
	}, u.trustInTelegraf())
}

func (u Use) telegrafMetrics(p place) string {
	return "[[outputs.http]]\n  namedrop = [\"tail\"]\n" +
		indented("  ", []string{"url = " + quoted(p.url), `data_format = "prometheusremotewrite"`}, u.trustInTelegraf()) +
		"\n  [outputs.http.headers]\n" + indented("    ", u.headersInTOML(p), []string{
		`"Content-Type" = "application/x-protobuf"`,
		`"Content-Encoding" = "snappy"`,
		`"X-Prometheus-Remote-Write-Version" = "0.1.0"`,
	})
}

func (u Use) headersInTOML(p place) []string {
	return append([]string{`"Authorization" = "Bearer ` + u.Token + `"`}, p.tenantIn(inTOML)...)
}

func inTOML(h header) []string { return []string{quoted(h.name) + " = " + quoted(h.value)} }

func (u Use) trustInTelegraf() []string { return u.trusting("tls_ca = " + quoted(CertificateFile)) }

// vector is a whole configuration that ships logs and metrics.
func (u Use) vector(logs, metrics []place) string {
	var sources string
	if len(logs) > 0 {
		sources += "  logs:\n    type: file\n    include: [/var/log/*.log]\n"
	}
	if len(metrics) > 0 {
		sources += "  host:\n    type: host_metrics\n"
	}
	if sources == "" {
		return ""
	}
	sinks := append(textOfEach(logs, u.vectorLogs), textOfEach(metrics, u.vectorMetrics)...)
	return "sources:\n" + sources + "\nsinks:\n" + strings.Join(sinks, "")
}

func (u Use) vectorLogs(p place) string {
	return fmt.Sprintf(`  %s_logs:
    type: loki
    inputs: [logs]
    endpoint: %s
    path: %s
    labels:
      source: vector
    encoding:
      codec: text
%s`, p.plain(), quoted(p.origin()), quoted(p.path()), u.vectorAuth(p))
}

func (u Use) vectorMetrics(p place) string {
	return fmt.Sprintf(`  %s_metrics:
    type: prometheus_remote_write
    inputs: [host]
    endpoint: %s
%s`, p.plain(), quoted(p.url), u.vectorAuth(p))
}

func (u Use) vectorAuth(p place) string {
	return indented("    ", []string{"auth:", "  strategy: bearer", "  token: " + u.Token},
		p.tenantID(), u.trusting("tls:", "  ca_file: "+CertificateFile))
}
