package forms

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
)

// Whose says where a request went and who sent it, in a sentence: “At loki, as team-a, from 127.0.0.1, by
// curl/8.5.0.”
func Whose(w *words.Words, c api.KeyClient) string {
	var parts []string
	if c.Endpoint != "" {
		parts = append(parts, w.T("whose.endpoint", "endpoint", c.Endpoint))
	}
	if c.Tenant != "" {
		parts = append(parts, w.T("summary.tenants", "tenants", c.Tenant))
	}
	if c.Address != "" {
		parts = append(parts, w.T("key.from", "address", c.Address))
	}
	if c.UserAgent != "" {
		parts = append(parts, w.T("whose.program", "program", c.UserAgent))
	}
	if len(parts) == 0 {
		return ""
	}
	return words.Alone(strings.Join(parts, ", ")) + "."
}

// Fault says what became of a client's last request behind the gate, if it was not served, and what to do about it.
// Otherwise it is empty.
func Fault(w *words.Words, c api.KeyClient) string {
	if c.Fault == 0 {
		return ""
	}
	answered := w.T("fault.answered", "endpoint", c.Endpoint, "fault", strconv.Itoa(c.Fault))
	switch {
	case c.Fault == http.StatusUnauthorized || c.Fault == http.StatusForbidden:
		return answered + " " + w.T("fault.login")
	case c.Fault == http.StatusBadGateway || c.Fault == http.StatusGatewayTimeout:
		return answered + " " + w.T("refused.next.upstream")
	case c.Fault >= http.StatusInternalServerError:
		return answered + " " + w.T("fault.log")
	}
	return answered + " " + w.T("fault.request")
}
