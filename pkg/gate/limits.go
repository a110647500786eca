package gate

import (
	"strings"
	"unicode"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// checkLimitPerKey says what is wrong with the limits of keys at the endpoint.
func (e *Endpoint) checkLimitPerKey(wrong *apikey.Mistakes, field string) {
	var mistakes apikey.Mistakes
	mistakes.AddError("", e.LimitPerKey.Check())
	for _, m := range mistakes {
		detail := m.Detail
		for _, name := range apikey.LimitNames() {
			detail = strings.ReplaceAll(detail, name, SettingOfLimit(name))
		}
		wrong.Add(field+"."+SettingOfLimit(m.Field), "%s", detail)
	}
	if !e.LimitPerKey.IsZero() && e.Open {
		wrong.Add(field, "is for keys, and the endpoint lets anyone in; leave it out")
	}
}

// SettingOfLimit returns what the configuration calls a limit of a key: requests_per_second for requestsPerSecond.
func SettingOfLimit(name string) string {
	var b strings.Builder
	for _, c := range name {
		if unicode.IsUpper(c) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}
