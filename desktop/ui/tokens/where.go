package tokens

import (
	"net/netip"
	"net/url"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/words"
)

// where is the file that a piece goes into, and what makes its program read it.
type where struct {
	file, then string
	added      bool // to what is in the file
}

// files are as the packages for Debian have them.
var files = map[state.SnippetID]where{
	state.SnippetAlloy:       {file: "/etc/alloy/config.alloy", then: "systemctl reload alloy"},
	state.SnippetCollector:   {file: "/etc/otelcol-contrib/config.yaml", then: "systemctl restart otelcol-contrib"},
	state.SnippetPromtail:    {file: "/etc/promtail/config.yml", then: "systemctl restart promtail"},
	state.SnippetTelegraf:    {file: "/etc/telegraf/telegraf.conf", then: "systemctl restart telegraf"},
	state.SnippetVector:      {file: "/etc/vector/vector.yaml", then: "systemctl restart vector"},
	state.SnippetPrometheus:  {"/etc/prometheus/prometheus.yml", "systemctl reload prometheus", true},
	state.SnippetRemoteWrite: {"/etc/prometheus/prometheus.yml", "systemctl reload prometheus", true},
	state.SnippetGrafana: {
		file: "/etc/grafana/provisioning/datasources/ostiary.yaml", then: "systemctl restart grafana-server",
	},
	state.SnippetPython:     {file: "first.py", then: "python3 first.py"},
	state.SnippetNginx:      {file: "/etc/nginx/conf.d/ostiary.conf", then: "nginx -s reload"},
	state.SnippetKubernetes: {file: "secret.yaml", then: "kubectl apply -f secret.yaml"},
}

// whereToPut says where a piece is put; it is empty for what needs none.
func whereToPut(w *words.Words, id state.SnippetID) string {
	if at, ok := files[id]; ok {
		if at.added {
			return w.T("snippets.add-to", "file", at.file, "then", at.then)
		}
		return w.T("snippets.save-as", "file", at.file, "then", at.then)
	}
	switch id {
	case state.SnippetGrafanaForm:
		return w.T("snippets.in-grafana")
	case state.SnippetPush, state.SnippetQuery, state.SnippetBearer, state.SnippetBasic:
		return w.T("snippets.in-terminal")
	}
	return ""
}

// portHere is the port of an address that leads to the very machine that asks.
func portHere(address string) (port string, here bool) {
	at, err := url.Parse(address)
	if err != nil {
		return "", false
	}
	ip, err := netip.ParseAddr(at.Hostname())
	return at.Port(), at.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}
