package state

import (
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// python is a program without libraries that does what the key is for: it pushes
// a line of log, reads, or asks the gate.
func (u Use) python() string {
	if logs := u.places(apikey.PermissionIngest, logsAt); len(logs) > 0 {
		return u.pythonPush(logs[0])
	}
	if read, ok := u.readable(); ok {
		return u.pythonRequest(u.probed(read.url), "", read.tenant)
	}
	if address, headers, ok := u.question(); ok {
		return u.pythonRequest(address, "", headers)
	}
	return ""
}

// readable is where the key reads: metrics, or else a data source.
func (u Use) readable() (place, bool) {
	if metrics := u.scraped(); metrics != nil {
		return *metrics, true
	}
	if sources := u.places(apikey.PermissionRead, dataSourceAt); len(sources) > 0 {
		return sources[0], true
	}
	return place{}, false
}

// probed is the address to ask a data source for something that it always has;
// another address is left as it is.
func (u Use) probed(address string) string {
	for _, e := range u.Endpoints {
		if path, ok := dataSourceAt(e); ok && u.Gate.URL+path == address {
			return address + alwaysAt[dataSources[e.Kind].sort]
		}
	}
	return address
}

func (u Use) pythonPush(to place) string {
	body := `    data=json.dumps({"streams": [{"stream": {"job": "python"}, ` +
		`"values": [[str(time.time_ns()), "A line from Python"]]}]}).encode(),` + "\n"
	headers := append([]header{{"Content-Type", "application/json"}}, to.tenant...)
	return u.pythonRequest(to.url, body, headers)
}

// pythonRequest sends a request, with an argument for its body or none.
func (u Use) pythonRequest(address, body string, headers []header) string {
	imports := u.trusting("ssl")
	if body != "" {
		imports = append(append([]string{"json"}, imports...), "time")
	}
	imports = append(imports, "urllib.request")
	var sent []string
	for _, h := range append([]header{{"Authorization", "Bearer " + u.Token}}, headers...) {
		sent = append(sent, quoted(h.name)+": "+quoted(h.value)+",")
	}
	return strings.Join([]string{
		indented("import ", imports),
		"\nrequest = urllib.request.Request(\n    ", quoted(address), ",\n",
		body,
		"    headers={\n", indented("        ", sent), "    },\n)\n",
		u.trustText(`trust = ssl.create_default_context(cafile="` + CertificateFile + `")` + "\n"),
		"with urllib.request.urlopen(request, timeout=10", u.trustText(", context=trust"), ") as answer:\n",
		"    print(answer.status, answer.read(2000).decode())\n",
	}, "")
}
