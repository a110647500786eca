package gate

import (
	"net/http"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// assertionHeader holds the token that says which key was let in.
const assertionHeader = "X-Jwt-Assertion"

// setAssertion asserts to the endpoint, if it wants that, who was let in.
func (d *demand) setAssertion(h http.Header, key *verify.Identity) {
	if d.assert != nil {
		h[assertionHeader] = []string{d.assert(key)}
	}
}

// stripAssertion removes what a client sent in place of an assertion,
// whichever way it is spelt, where somebody would believe it.
func (d *demand) stripAssertion(h http.Header) {
	if d.assert == nil {
		return
	}
	for name := range h {
		if verify.IsHeader(name, assertionHeader) {
			delete(h, name)
		}
	}
}

// keySetPath is where JSON Web Key Sets are looked for.
const keySetPath = "/.well-known/jwks.json"

func (g *Gate) serveKeySet(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		api.NewProblem(apikey.CodeMethodNotAllowed, "The key set can only be read: send GET.").Write(w)
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(g.opts.KeySet)
}
