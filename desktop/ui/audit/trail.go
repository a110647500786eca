package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// detail says what exactly was done, in the user's language and time zone. The
// note of an old entry is in English.
func detail(w *words.Words, d apikey.AuditData) string {
	var parts []string
	if d.Origin != nil {
		parts = append(parts, w.T("audit.origin", "system", d.Origin.System, "number", d.Origin.Number))
	}
	for _, c := range d.Changes {
		parts = append(parts, fieldChange(w, c))
	}
	if d.TokenID != "" {
		parts = append(parts, w.T("audit.token", "id", d.TokenID))
	}
	if d.Where != "" {
		parts = append(parts, w.T("audit.where", "where", d.Where))
	}
	if !d.Until.IsZero() {
		parts = append(parts, w.T("audit.until", "at", w.Moment(d.Until)))
	}
	if d.State != "" {
		parts = append(parts, w.T("detail.was", "state", strings.ToLower(w.T("state."+string(d.State)))))
	}
	if d.Pool != "" {
		parts = append(parts, w.T("audit.pool", "pool", d.Pool))
	}
	if d.Note != "" {
		parts = append(parts, d.Note)
	}
	return strings.Join(parts, "; ")
}

// change says what a field was and is; of a new key's, what it is.
func fieldChange(w *words.Words, c apikey.FieldChange) string {
	name := c.Field
	if slices.Contains(auditedFields, c.Field) {
		name = w.T("detail.field." + c.Field)
	}
	if c.From == nil && (c.To != nil || c.Field == "expiresAt") {
		return w.T("audit.set", "field", name, "value", fieldValue(w, c.Field, c.To))
	}
	return w.T("audit.change", "field", name, "from", fieldValue(w, c.Field, c.From), "to", fieldValue(w, c.Field, c.To))
}

// auditedFields are the fields that have names in every language.
var auditedFields = []string{"name", "description", "role", "pool", "endpoints", "allowedCidrs", "enabled", "expiresAt"}

// value writes a field's value. What people wrote is in quotes, so that it
// cannot be taken for anything else.
func fieldValue(w *words.Words, field string, v any) string {
	isTime := strings.HasSuffix(field, "At")
	switch v := v.(type) {
	case nil:
		if isTime {
			return w.T("audit.never")
		}
		return w.T("audit.all")
	case bool:
		if v {
			return w.T("audit.yes")
		}
		return w.T("audit.no")
	case []string:
		return strings.Join(v, ", ")
	case string:
		if at, err := time.Parse(time.RFC3339, v); isTime && err == nil {
			return w.Moment(at)
		}
		if field != "role" && field != "pool" {
			return "“" + v + "”"
		}
	}
	return fmt.Sprint(v)
}
