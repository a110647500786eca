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
// gRPC. An answer to /auth goes to a proxy, even if the client reads gRPC, and
// a proxy would take its 200 for a yes.
func (r *request) isCall() bool { return isGRPC(r.Request) && !isAuthPath(r.URL.Path) }

// writeCall answers a call with the refusal: its clients read the status and
// the message in the header, and of HTTP's status nothing but that it is 200.
func (f *refusal) writeCall(w http.ResponseWriter) {
	h := w.Header()
	h["Content-Type"] = []string{"application/grpc"}
	h["Grpc-Status"] = []string{strconv.Itoa(int(f.Call().Number))}
	h["Grpc-Message"] = []string{headerText(f.Detail)}
	w.WriteHeader(http.StatusOK)
}
