package state

import (
	"regexp"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// forbidden are what a key may lack, with the words in which the server says so.
var forbidden = []struct {
	lacks string
	words *regexp.Regexp
}{
	{"address", regexp.MustCompile(`from the address|from certain addresses`)},
	{"endpoint", regexp.MustCompile(`limited to (other|certain) endpoints`)},
	{"pool", regexp.MustCompile(`agent pool`)},
	{"tenant", regexp.MustCompile(`(?i)tenant`)},
	{"role", regexp.MustCompile(`role`)},
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
	for _, f := range forbidden {
		if f.words.MatchString(d.Reason) {
			return f.lacks
		}
	}
	return ""
}
