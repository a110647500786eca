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

// callStatus is the status of a call by that of HTTP, as a number of gRPC and
// as Connect's word for it. What is not here is UNKNOWN.
var callStatus = map[int]struct {
	code int32
	word string
}{
	http.StatusBadRequest:         {3, "invalid_argument"},
	http.StatusUnauthorized:       {16, "unauthenticated"},
	http.StatusForbidden:          {7, "permission_denied"},
	http.StatusNotFound:           {12, "unimplemented"},
	http.StatusTooManyRequests:    {8, "resource_exhausted"},
	http.StatusBadGateway:         {14, "unavailable"},
	http.StatusServiceUnavailable: {14, "unavailable"},
	http.StatusGatewayTimeout:     {14, "unavailable"},
}

// callStatus returns the refusal's status as that of a call.
func (f *refusal) callStatus() (code int32, word string) {
	if s, known := callStatus[f.Status]; known {
		return s.code, s.word
	}
	return 2, "unknown"
}

// writeCall answers a call with the refusal: its clients read the status and
// the message in the header, and of HTTP's status nothing but that it is 200.
func (f *refusal) writeCall(w http.ResponseWriter) {
	code, _ := f.callStatus()
	h := w.Header()
	h["Content-Type"] = []string{"application/grpc"}
	h["Grpc-Status"] = []string{strconv.Itoa(int(code))}
	h["Grpc-Message"] = []string{headerText(f.Detail)}
	w.WriteHeader(http.StatusOK)
}
