package ui

import (
	"regexp"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
)

// entrySource says who did something, from where, and what exactly.
func entrySource(w *words, e api.AuditEntry) string {
	text := w.t("key.by", "who", e.Actor)
	if e.From != "" {
		text += " · " + w.t("key.from", "address", e.From)
	}
	return text
}

// The clauses in which the server tells what was done, with the values that
// they hold. It tells them in English.
var clauses = []struct {
	pattern *regexp.Regexp
	text    string
	values  []string
}{
	{regexp.MustCompile(`^role (\w+)$`), "detail.role", []string{"role"}},
	{regexp.MustCompile(`^expires never$`), "detail.never", nil},
	{regexp.MustCompile(`^expires (\S+)$`), "detail.expires", []string{"at"}},
	{regexp.MustCompile(`^pool (.+)$`), "detail.pool", []string{"pool"}},
	{regexp.MustCompile(`^endpoints (.+)$`), "detail.endpoints", []string{"list"}},
	{regexp.MustCompile(`^addresses (.+)$`), "detail.addresses", []string{"list"}},
	{regexp.MustCompile(`^was (active|disabled|expired|revoked)$`), "detail.was", []string{"state"}},
	{regexp.MustCompile(`^replaced by (\w+)$`), "detail.replaced", []string{"id"}},
	{regexp.MustCompile(`^works until (\S+)$`), "detail.until", []string{"at"}},
	{regexp.MustCompile(`^replaces (\w+), which works until (\S+)$`), "detail.replaces", []string{"id", "at"}},
}

// change is the clause for a field that was changed.
var change = regexp.MustCompile(`^(name|description|role|endpoints|addresses|expiry) from (.*) to (.*)$`)

// detail says what was done in the user's language and time zone. Clauses that
// are not known stay as the server wrote them.
func (w *words) detail(text string) string {
	parts := strings.Split(text, "; ")
	for i, part := range parts {
		parts[i] = w.clause(part)
	}
	return strings.Join(parts, "; ")
}

func (w *words) clause(text string) string {
	if m := change.FindStringSubmatch(text); m != nil {
		return w.t("detail.change", "field", w.t("detail.field."+m[1]), "from", w.value(m[2]), "to", w.value(m[3]))
	}
	for _, c := range clauses {
		m := c.pattern.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		var values []string
		for i, name := range c.values {
			v := w.value(m[i+1])
			if name == "state" {
				v = strings.ToLower(w.t("state." + m[i+1]))
			}
			values = append(values, name, v)
		}
		return w.t(c.text, values...)
	}
	return text
}

// value writes a moment in the user's way, and the two words that stand for
// none and for all.
func (w *words) value(text string) string {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return w.moment(at)
	}
	switch text {
	case "never":
		return w.t("detail.no-end")
	case "all":
		return w.t("detail.all")
	case `""`:
		return "–"
	}
	return strings.Trim(text, `"`)
}
