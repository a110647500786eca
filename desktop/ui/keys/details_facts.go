package keys

import (
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// fact is a line about a key: what it is about, and what there is to say.
type fact struct {
	object fyne.CanvasObject
	value  *kit.Label
	text   *kit.Paragraph // in place of value, for what may be long
}

func (f *fact) set(text string) {
	if f.text != nil {
		f.text.Set(text, kit.Plain)
	} else {
		f.value.SetText(text)
	}
	kit.Display(f.object, text != "")
}

// keyFacts are the facts in their order, and whether they may take more than a
// line.
var keyFacts = []struct {
	name string
	long bool
}{
	{"details.disabled-until", false}, {"key.role", false}, {"key.owner", false}, {"key.pool", false},
	{"key.labels", true},
	{"key.endpoints", true}, {"key.tenants", true}, {"key.allowed-addresses", true}, {"key.limits", true},
	{"key.revoked", false}, {"key.expires", false}, {"key.last-held", false}, {"key.last-grace", false},
	{"key.created", false},
}

// factsOf are the facts about a key; those that are empty are not shown.
func factsOf(w *words.Words, k api.Key) map[string]string {
	facts := map[string]string{
		"key.role": k.Role.String(), "key.owner": k.Owner, "key.pool": k.Pool,
		"key.labels":    strings.Join(apikey.LabelTexts(k.Labels), ", "),
		"key.endpoints": strings.Join(k.Endpoints, ", "), "key.allowed-addresses": strings.Join(k.AllowedCIDRs, ", "),
		"key.tenants": strings.Join(k.Tenants, ", "),
		"key.limits":  strings.Join(forms.LimitTexts(w, k.Limits), "\n"),
		"key.created": w.Moment(k.CreatedAt) + " · " + whoMade(w, k),
	}
	if slices.Contains(k.Tenants, apikey.AnyTenant) {
		facts["key.tenants"] = w.T("key-form.any-tenant")
	}
	if k.LastHeldAt != nil {
		facts["key.last-held"] = w.Moment(*k.LastHeldAt) + " · " + w.Relative(*k.LastHeldAt)
	}
	if k.LastGraceAt != nil {
		facts["key.last-grace"] = w.Moment(*k.LastGraceAt) + " · " + w.Relative(*k.LastGraceAt)
	}
	if k.DisabledUntil != nil {
		facts["details.disabled-until"] = until(w, *k.DisabledUntil)
	}
	switch {
	case k.RevokedAt != nil:
		facts["key.revoked"] = w.Moment(*k.RevokedAt)
	case k.ExpiresAt == nil:
		facts["key.expires"] = w.T("time.never-expires")
	default:
		facts["key.expires"] = w.Moment(*k.ExpiresAt) + " · " + w.Relative(*k.ExpiresAt)
	}
	return facts
}

// until says when something ends that may end soon.
func until(w *words.Words, at time.Time) string {
	if at.Before(w.Now().Add(time.Minute)) {
		return w.Moment(at)
	}
	return w.Moment(at) + " · " + w.Relative(at)
}

// whoMade says who made a key here. One of another system was made there, and only taken over here.
func whoMade(w *words.Words, k api.Key) string {
	if state.TakenOver(k.Hint) {
		return w.T("key.taken-over", "who", k.CreatedBy)
	}
	return w.T("key.by", "who", k.CreatedBy)
}
