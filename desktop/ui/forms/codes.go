package forms

import (
	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// RefusalCodes are the codes of requests that were refused, or let in after their key's end, as they are offered for a
// choice.
var RefusalCodes = []apikey.Code{
	apikey.CodeMissing, apikey.CodeInvalidToken, apikey.CodeExpired, apikey.CodeRevoked, apikey.CodeDisabled,
	apikey.CodeForbidden, apikey.CodeLimited, apikey.CodeRateLimited, apikey.CodeHeld, apikey.CodeGrace,
	apikey.CodeInvalid, apikey.CodeNoEndpoint, apikey.CodeTooLarge, apikey.CodeUpstream, apikey.CodeUnavailable,
}

// codeTexts say why a request was refused, in a few words.
var codeTexts = map[apikey.Code]string{
	apikey.CodeMissing:          "code.missing",
	apikey.CodeInvalidToken:     "code.invalid-token",
	apikey.CodeExpired:          "code.expired",
	apikey.CodeRevoked:          "code.revoked",
	apikey.CodeDisabled:         "code.disabled",
	apikey.CodeForbidden:        "code.forbidden",
	apikey.CodeLimited:          "code.limited",
	apikey.CodeRateLimited:      "code.rate-limited",
	apikey.CodeHeld:             "code.held",
	apikey.CodeGrace:            "code.grace",
	apikey.CodeInvalid:          "code.invalid-request",
	apikey.CodeNoEndpoint:       "code.no-endpoint",
	apikey.CodeTooLarge:         "code.too-large",
	apikey.CodeMethodNotAllowed: "code.method",
	apikey.CodeMediaType:        "code.media-type",
	apikey.CodeRequestTimeout:   "code.timeout",
	apikey.CodeUpstream:         "code.upstream",
	apikey.CodeUnavailable:      "code.unavailable",
}

// CodeName says why a request was refused. A code that is newer than this program appears as the server calls it.
func CodeName(w *words.Words, code apikey.Code) string {
	if text, ok := codeTexts[code]; ok {
		return w.T(text)
	}
	return string(code)
}

// codeColors are those of a code: red for what was refused because of its key, yellow for what may be let in again by
// itself, and grey for what no key can change.
func codeColors(code apikey.Code) (text, tint fyne.ThemeColorName) {
	switch code {
	case apikey.CodeHeld, apikey.CodeGrace, apikey.CodeLimited, apikey.CodeRateLimited, apikey.CodeDisabled:
		return kit.ColorWarn, kit.ColorWarnTint
	case apikey.CodeMissing, apikey.CodeInvalid, apikey.CodeNoEndpoint, apikey.CodeTooLarge,
		apikey.CodeMethodNotAllowed, apikey.CodeMediaType, apikey.CodeRequestTimeout, apikey.CodeUpstream:
		return kit.ColorQuiet, kit.ColorQuietTint
	}
	return kit.ColorBad, kit.ColorBadTint
}

// SetCode shows a code in a pill.
func SetCode(p *kit.Pill, w *words.Words, code apikey.Code) {
	color, tint := codeColors(code)
	p.Set(CodeName(w, code), color, tint)
}
