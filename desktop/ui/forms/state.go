package forms

import (
	"cmp"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// actionTexts are the texts of actions in the audit trail that are not called as
// the action is.
var actionTexts = map[apikey.Action]string{
	apikey.ActionEndToken: "end-token", apikey.ActionCreatePool: "create-pool", apikey.ActionDeletePool: "delete-pool",
	apikey.ActionCreateEndpoint: "create-endpoint", apikey.ActionUpdateEndpoint: "update-endpoint",
	apikey.ActionDeleteEndpoint: "delete-endpoint", apikey.ActionUpdatePolicy: "update-policy",
	apikey.ActionSignIn: "sign-in", apikey.ActionReadClients: "read-clients", apikey.ActionExportAudit: "export-audit",
	apikey.ActionExportKeys: "export-keys", apikey.ActionBackUp: "back-up", apikey.ActionCopyStore: "copy-store",
	apikey.ActionChainTrail: "chain-trail", apikey.ActionTrimTrail: "trim-trail",
}

// ActionName says what was done, in words. An action that is newer than this
// program appears as the server calls it.
func ActionName(w *words.Words, action apikey.Action) string {
	text := "audit." + cmp.Or(actionTexts[action], string(action))
	if name := w.T(text); name != text {
		return name
	}
	return string(action)
}

// SetState shows a state in words and as a colour.
func SetState(p *kit.Pill, w *words.Words, s apikey.State) {
	color, tint := kit.ColorQuiet, kit.ColorQuietTint
	switch s {
	case apikey.StateActive:
		color, tint = kit.ColorGood, kit.ColorGoodTint
	case apikey.StateExpired:
		color, tint = kit.ColorWarn, kit.ColorWarnTint
	case apikey.StateRevoked:
		color, tint = kit.ColorBad, kit.ColorBadTint
	case apikey.StateDisabled:
	}
	p.Set(w.T("state."+string(s)), color, tint)
}
