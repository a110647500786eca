package gate

import (
	"net/http"
	"strconv"
	"strings"
)

// isGRPC reports whether a request is a call, which takes HTTP/2 all the way.
// gRPC-Web, which does not, has another type.
func isGRPC(r *http.Request) bool {
	suffix, ok := strings.CutPrefix(r.Header.Get("Content-Type"), "application/grpc")
	return ok && r.ProtoMajor == 2 && (suffix == "" || suffix[0] == '+' || suffix[0] == ';')
}

// isCall reports whether the request's answer goes to a client that reads
// gRPC. An answer to /auth goes to a proxy, whatever the client is, and a
// proxy would take its 200 for a yes.
func (r *request) isCall() bool { return isGRPC(r.Request) && !isAuthPath(r.URL.Path) }

// callStatus is the status of a call by that of HTTP. What is not here is
// UNKNOWN.
var callStatus = map[int]int{
	http.StatusBadRequest:         3,  // INVALID_ARGUMENT
	http.StatusUnauthorized:       16, // UNAUTHENTICATED
	http.StatusForbidden:          7,  // PERMISSION_DENIED
	http.StatusNotFound:           12, // UNIMPLEMENTED
	http.StatusTooManyRequests:    8,  // RESOURCE_EXHAUSTED
	http.StatusBadGateway:         14, // UNAVAILABLE
	http.StatusServiceUnavailable: 14,
	http.StatusGatewayTimeout:     14,
}

const callStatusUnknown = 2

// writeCall answers a call with the refusal: its clients read the status and
// the message in the header, and of HTTP's status nothing but that it is 200.
func (f *refusal) writeCall(w http.ResponseWriter) {
	status, known := callStatus[f.Status]
	if !known {
		status = callStatusUnknown
	}
	h := w.Header()
	h["Content-Type"] = []string{"application/grpc"}
	h["Grpc-Status"] = []string{strconv.Itoa(status)}
	h["Grpc-Message"] = []string{headerText(f.Detail)}
	w.WriteHeader(http.StatusOK)
}
