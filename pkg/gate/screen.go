package gate

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// What no endpoint takes is refused before anybody looks for one, whoever asks.

// screen refuses a request that is not for a gate; nil if it is.
func screen(r *http.Request) *refusal {
	if f := untaken(r.Method); f != nil {
		return f
	}
	if fault := foreign(r); fault != "" {
		return malformed(fault)
	}
	return nil
}

// untaken refuses the methods that nobody takes here, however they are spelt; nil for all others. A server that answers
// TRACE sends back the whole header, with everything that a proxy has added. CONNECT asks for a tunnel, in which nobody
// would judge the requests.
func untaken(method string) *refusal {
	for _, never := range [...]string{http.MethodTrace, http.MethodConnect} {
		if strings.EqualFold(method, never) {
			f := refuse(apikey.CodeMethodNotAllowed, never+" is not taken here.")
			return &f
		}
	}
	return nil
}

// foreign says what is wrong with a target that names a host; empty for nothing. HTTP/1.1 allows for one, which goes
// before Host (RFC 9112, 3.2.2). HTTP/2 has a field for it, with which Host must agree (RFC 9113, 8.3.1).
func foreign(r *http.Request) (fault string) {
	if r.ProtoMajor > 1 {
		return foreignTo2(r)
	}
	if r.URL.Scheme == "" {
		return ""
	}
	if !isWeb(r.URL) || r.URL.Host == "" || r.URL.User != nil {
		return "The request's target is an address that is not http://host/path. Send the path alone."
	}
	return ""
}

func foreignTo2(r *http.Request) (fault string) {
	if r.URL.Scheme != "" || r.URL.Host != "" {
		return faultNotAbsolute
	}
	for _, host := range r.Header["Host"] {
		if !strings.EqualFold(host, r.Host) {
			return "Host is not the authority that the request names. Send one of them, or the same in both."
		}
	}
	return ""
}

func isWeb(u *url.URL) bool { return u.Scheme == "http" || u.Scheme == "https" }
