package api

import (
	"net/http"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// outcomes is the one table from codes to what other programs know: statuses of
// HTTP and of gRPC, and a title for people. A code that is not here is
// CodeInternal.
var outcomes = map[apikey.Code]struct {
	status int
	call   CallStatus
	title  string
}{
	apikey.CodeInvalid:          {http.StatusBadRequest, callInvalidArgument, "The request is not valid"},
	apikey.CodeUnauthenticated:  {http.StatusUnauthorized, callUnauthenticated, "Nobody is signed in"},
	apikey.CodeMissing:          {http.StatusUnauthorized, callUnauthenticated, "An API key is needed"},
	apikey.CodeInvalidToken:     {http.StatusUnauthorized, callUnauthenticated, "The API key is not valid"},
	apikey.CodeDisabled:         {http.StatusUnauthorized, callUnauthenticated, "The API key is disabled"},
	apikey.CodeExpired:          {http.StatusUnauthorized, callUnauthenticated, "The API key has expired"},
	apikey.CodeRevoked:          {http.StatusUnauthorized, callUnauthenticated, "The API key was revoked"},
	apikey.CodeForbidden:        {http.StatusForbidden, callPermissionDenied, "Not allowed"},
	apikey.CodeNotFound:         {http.StatusNotFound, callNotFound, "Not found"},
	apikey.CodeNoEndpoint:       {http.StatusNotFound, callUnimplemented, "No endpoint has this path"},
	apikey.CodeMethodNotAllowed: {http.StatusMethodNotAllowed, callUnimplemented, "The method is not allowed here"},
	apikey.CodeDuplicateName:    {http.StatusConflict, callAlreadyExists, "The name is taken"},
	apikey.CodeConflict:         {http.StatusConflict, callFailedPrecondition, "This cannot be done as things are"},
	apikey.CodeLastAdmin:        {http.StatusConflict, callFailedPrecondition, "Nobody could manage keys any more"},
	apikey.CodeTooLarge:         {http.StatusRequestEntityTooLarge, callResourceExhausted, "The request is too large"},
	apikey.CodeMediaType:        {http.StatusUnsupportedMediaType, callInvalidArgument, "The body is not of the type that is taken"},
	apikey.CodeRateLimited:      {http.StatusTooManyRequests, callResourceExhausted, "Too many requests"},
	apikey.CodeLimited:          {http.StatusTooManyRequests, callResourceExhausted, "The API key's limit is reached"},
	apikey.CodeHeld: {http.StatusServiceUnavailable, callUnavailable,
		"The API key has expired; keep the data and try again"},
	apikey.CodeRequestTimeout: {http.StatusRequestTimeout, callDeadlineExceeded, "The request took too long to arrive"},
	apikey.CodeInternal:       {http.StatusInternalServerError, callInternal, "A fault of the server"},
	apikey.CodeUpstream:       {http.StatusBadGateway, callUnavailable, "The service behind the gate does not answer"},
	apikey.CodeUnavailable:    {http.StatusServiceUnavailable, callUnavailable, "Not available at the moment"},
}

// CallStatus is the status of a remote procedure call: a number of gRPC, and
// Connect's word for it.
type CallStatus struct {
	Number int32
	Word   string
}

var (
	callInvalidArgument    = CallStatus{3, "invalid_argument"}
	callDeadlineExceeded   = CallStatus{4, "deadline_exceeded"}
	callNotFound           = CallStatus{5, "not_found"}
	callAlreadyExists      = CallStatus{6, "already_exists"}
	callPermissionDenied   = CallStatus{7, "permission_denied"}
	callResourceExhausted  = CallStatus{8, "resource_exhausted"}
	callFailedPrecondition = CallStatus{9, "failed_precondition"}
	callUnimplemented      = CallStatus{12, "unimplemented"}
	callInternal           = CallStatus{13, "internal"}
	callUnavailable        = CallStatus{14, "unavailable"}
	callUnauthenticated    = CallStatus{16, "unauthenticated"}
)

// IsCode reports whether there is such a code.
func IsCode(code apikey.Code) bool {
	_, known := outcomes[code]
	return known || code.LetsIn()
}

// HTTPStatus returns the status that HTTP has for a code.
func HTTPStatus(code apikey.Code) int {
	if code.LetsIn() {
		return http.StatusOK
	}
	if as, known := outcomes[code]; known {
		return as.status
	}
	return http.StatusInternalServerError
}

// Call returns the problem's status as that of a remote procedure call.
func (p *Problem) Call() CallStatus {
	if as, known := outcomes[p.Code]; known {
		return as.call
	}
	return callInternal
}
