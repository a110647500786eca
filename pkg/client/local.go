package client

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// OnThisMachine reports whether requests to an address cannot leave the machine, so that nobody else can read them. A
// name other than localhost can belong to anyone, even one that begins with it.
func OnThisMachine(address string) bool {
	u, err := url.Parse(strings.TrimSpace(address))
	return err == nil && isLocal(u.Hostname())
}

// Exposed reports whether what is sent to an address crosses a network in the
// clear.
func Exposed(address string) bool {
	u, err := url.Parse(strings.TrimSpace(address))
	return err == nil && u.Scheme == "http" && u.Host != "" && !isLocal(u.Hostname())
}

func isLocal(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	ip = ip.Unmap()
	return err == nil && (ip.IsLoopback() || ip.IsUnspecified()) // connections to 0.0.0.0 end here as well
}

// proxy is the one that the environment names. What is on this machine is
// reached without one, however it is written.
func proxy(r *http.Request) (*url.URL, error) {
	if isLocal(r.URL.Hostname()) {
		return nil, nil //nolint:nilnil // which is how none is said
	}
	return http.ProxyFromEnvironment(r)
}
