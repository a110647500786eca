package state

import (
	"regexp"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// causes are why a request was not allowed: what its key lacks, or what no other key would change. The server says it
// in sentences, which begin so; the pages know them too, and both are held to testdata/causes.json.
var causes = []struct {
	name  string
	words *regexp.Regexp
}{
	{"address", regexp.MustCompile(`^The API key may (not|only) be used from `)},
	{"endpoint", regexp.MustCompile(`^The API key is limited to (other|certain) endpoints`)},
	{"pool", regexp.MustCompile(`^The endpoint takes only keys of its own agent pool`)},
	{"tenant", regexp.MustCompile(`^The API key (has no tenant|is not for the tenant)`)},
	{"role", regexp.MustCompile(`^The API key has the role |^Managing keys takes the role `)},
	{"issued", regexp.MustCompile(`^This endpoint acts for the tenants of a key, and what was sent is no key`)},
	{"confined", regexp.MustCompile(
		`^\S+( \S+)? cannot be confined to a tenant|^(\S+ is|The path sets the label .*, which is) for the gate to say`)},
	{"other-endpoint", regexp.MustCompile(`^This path (writes|reads), and the endpoint takes keys`)},
	{"through-gate", regexp.MustCompile(`^The endpoint \S+ confines requests to a tenant as they pass`)},
	{"not-in-force", regexp.MustCompile(`^The endpoint (\S+ )?is not in force`)},
	{"no-endpoint", regexp.MustCompile(`^No endpoint of the gate takes `)},
}

// nextSteps name what somebody who manages keys can do about a refusal.
var nextSteps = map[apikey.Code]string{
	apikey.CodeMissing:      "missing",
	apikey.CodeInvalidToken: "unknown",
	apikey.CodeExpired:      "expired",
	apikey.CodeRevoked:      "revoked",
	apikey.CodeDisabled:     "disabled",
	apikey.CodeLimited:      "limited",
	apikey.CodeRateLimited:  "rate-limited",
	apikey.CodeHeld:         "held",
	apikey.CodeGrace:        "grace",
	apikey.CodeNoEndpoint:   "no-endpoint",
	apikey.CodeUpstream:     "upstream",
	apikey.CodeUnavailable:  "unavailable",
}

// NextStep names what helps against a refusal; it is empty if nothing here does.
func NextStep(d api.Denial) string {
	code := apikey.Code(d.Code)
	if code != apikey.CodeForbidden {
		return nextSteps[code]
	}
	for _, c := range causes {
		if c.words.MatchString(d.Reason) {
			return c.name
		}
	}
	return ""
}
