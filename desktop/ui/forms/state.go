package forms

import (
	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/apikey"
)

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
