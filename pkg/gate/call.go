package gate

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
)

// isGRPC reports whether a request is a call, which takes HTTP/2 all the way.
// gRPC-Web, which does not, has another type.
func isGRPC(r *http.Request) bool {
	return r.ProtoMajor == 2 && hasGRPCType(r.Header)
}

func hasGRPCType(h http.Header) bool {
	suffix, ok := strings.CutPrefix(h.Get("Content-Type"), "application/grpc")
	return ok && (suffix == "" || suffix[0] == '+' || suffix[0] == ';')
}

// isCall reports whether the request's answer goes to a client that reads
// gRPC. An answer to /auth goes to a proxy, even if the client reads gRPC, and
// a proxy would take its 200 for a yes.
func (r *request) isCall() bool { return isGRPC(r.Request) && !isAuthPath(r.URL.Path) }

// pushBack says when a call may be made again, in both ways in which clients look for it: those with a retry policy
// read the one (gRFC A6), and exporters of OpenTelemetry the other, without which they take RESOURCE_EXHAUSTED for
// final and drop data.
func (f *refusal) pushBack(h http.Header) {
	wait := (f.RetryAfter + time.Millisecond - 1).Truncate(time.Millisecond)
	h["Grpc-Retry-Pushback-Ms"] = []string{strconv.FormatInt(wait.Milliseconds(), 10)}
	info, err := anypb.New(&errdetails.RetryInfo{RetryDelay: durationpb.New(wait)})
	if err != nil {
		return
	}
	details := &status.Status{Code: f.Call().Number, Message: f.Detail, Details: []*anypb.Any{info}}
	if encoded, err := proto.Marshal(details); err == nil {
		h["Grpc-Status-Details-Bin"] = []string{base64.RawStdEncoding.EncodeToString(encoded)}
	}
}

// writeCall answers a call with the refusal: its clients read the status and
// the message in the header, and of HTTP's status nothing but that it is 200.
func (f *refusal) writeCall(w http.ResponseWriter) {
	h := w.Header()
	h["Content-Type"] = []string{"application/grpc"}
	h["Grpc-Status"] = []string{strconv.Itoa(int(f.Call().Number))}
	h["Grpc-Message"] = []string{headerText(f.Detail)}
	if f.RetryAfter > 0 {
		f.pushBack(h)
	}
	w.WriteHeader(http.StatusOK)
}
