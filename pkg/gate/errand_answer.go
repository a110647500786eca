package gate

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/ostiary/ostiary/pkg/relay"
)

// AppendAnswer appends the header of the answer, as net/http's server writes it.
func (e *errand) AppendAnswer(b []byte, a *relay.Answer) ([]byte, bool) {
	text := http.StatusText(a.Status)
	if e.gate.connections.ending.Load() || text == "" || isRefusal(a) {
		return b, false
	}
	e.gate.noteAnswer(&e.exchange, a.Status)
	b = strconv.AppendInt(append(b, "HTTP/1.1 "...), int64(a.Status), 10)
	b = append(append(append(b, ' '), text...), "\r\n"...)
	dated := false
	for _, f := range e.fieldsForClient(a) {
		dated = dated || string(f.Name) == "Date"
		b = append(append(append(append(b, f.Name...), ": "...), f.Value...), "\r\n"...)
	}
	if !dated {
		b = time.Now().UTC().AppendFormat(append(b, "Date: "...), http.TimeFormat)
		b = append(b, "\r\n"...)
	}
	return append(b, "\r\n"...), true
}

var grpcStatus = []byte("Grpc-Status")

// isRefusal reports whether an answer may be a refusal by the upstream, about which the server decides.
func isRefusal(a *relay.Answer) bool {
	return a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden ||
		slices.ContainsFunc(a.Fields, func(f relay.Field) bool {
			return len(f.Name) == len(grpcStatus) && bytes.EqualFold(f.Name, grpcStatus)
		})
}

// fieldsForClient returns what the client is told, in the order of the names.
func (e *errand) fieldsForClient(a *relay.Answer) []relay.Field {
	fields := a.Fields[:0]
	for _, f := range a.Fields {
		spellCanonically(f.Name)
		switch {
		case isHopByHop(string(f.Name)),
			a.Status == http.StatusNoContent && string(f.Name) == "Content-Length",
			e.outcome.Warning != "" && string(f.Name) == warningHeader:
		default:
			fields = append(fields, f)
		}
	}
	if e.outcome.Warning != "" {
		fields = append(fields, relay.Field{Name: []byte(warningHeader), Value: []byte(e.outcome.Warning)})
	}
	slices.SortStableFunc(fields, func(a, b relay.Field) int { return bytes.Compare(a.Name, b.Name) })
	return fields
}

// spellCanonically spells a name as net/textproto does: capitals after hyphens and first.
func spellCanonically(name []byte) {
	first := true
	for i, c := range name {
		switch {
		case first && 'a' <= c && c <= 'z':
			name[i] = c - ('a' - 'A')
		case !first && 'A' <= c && c <= 'Z':
			name[i] = c + ('a' - 'A')
		}
		first = c == '-'
	}
}
