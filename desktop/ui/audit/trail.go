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
func detail(w *words.Words, d apikey.AuditData) (parts []string) {
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
		parts = append(parts, w.T("audit.was", "state", strings.ToLower(w.T("state."+string(d.State)))))
	}
	if d.Pool != "" {
		parts = append(parts, w.T("audit.pool", "pool", d.Pool))
	}
	if d.Endpoint != "" {
		parts = append(parts, w.T("audit.of-endpoint", "endpoint", d.Endpoint))
	}
	parts = append(parts, seen(w, d)...)
	if d.Note != "" {
		parts = append(parts, w.FromServer(d.Note))
	}
	return parts
}

// seen says what is known of entries about what changed nothing, and about the trail and the store.
func seen(w *words.Words, d apikey.AuditData) (parts []string) {
	if d.Via != "" {
		parts = append(parts, w.T("audit.via-"+d.Via))
	}
	if d.Code != "" {
		parts = append(parts, string(d.Code))
	}
	if d.Request != "" {
		parts = append(parts, w.T("quoted", "text", d.Request))
	}
	if d.UserAgent != "" {
		parts = append(parts, w.T("audit.by", "agent", d.UserAgent))
	}
	if d.Count != 0 {
		parts = append(parts, w.T("audit.again", "times", fmt.Sprint(d.Count)))
	}
	if d.File != "" {
		parts = append(parts, w.T("audit.file", "file", d.File))
	}
	if d.Trail != nil {
		parts = append(parts, w.T("audit.entries", "entries", fmt.Sprint(d.Trail.Count), "last",
			fmt.Sprint(d.Trail.Last)))
	}
	return parts
}

// fieldChange says what a field was and is; of a new key's, what it is.
func fieldChange(w *words.Words, c apikey.FieldChange) string {
	name := w.Field(c.Field)
	if c.From == nil && (c.To != nil || c.Field == "expiresAt") {
		return w.T("audit.set", "field", name, "value", fieldValue(w, c.Field, c.To))
	}
	from, to := fieldValue(w, c.Field, c.From), fieldValue(w, c.Field, c.To)
	return w.T("audit.change", "field", name, "from", from, "to", to)
}

// plain are fields whose text the server has checked, so that it cannot be taken for anything else.
var plain = []string{"role", "pool", "kind", "require", "defaultTtl", "maxTtl"}

// fieldValue writes a field's value. What people wrote is in quotes, so that it
// cannot be taken for anything else.
func fieldValue(w *words.Words, field string, v any) string {
	isTime := strings.HasSuffix(field, "At") || field == "disabledUntil"
	switch v := v.(type) {
	case nil:
		return noValue(w, field)
	case bool:
		if v {
			return w.T("audit.yes")
		}
		return w.T("audit.no")
	case int64:
		switch {
		case strings.Contains(field, ".bytes"): // limits.bytesPerDay
			return w.Bytes(v)
		case strings.HasPrefix(field, "onExpired."):
			return w.Span(time.Duration(v) * time.Second)
		}
		return w.Number(v)
	case []string:
		return strings.Join(v, ", ")
	case string:
		if field == "owner" && v == "" {
			return noValue(w, field)
		}
		if at, err := time.Parse(time.RFC3339, v); isTime && err == nil {
			return w.Moment(at)
		}
		if !slices.Contains(plain, field) {
			return w.T("quoted", "text", v)
		}
	}
	return fmt.Sprint(v)
}

// noValue says what it means that a field has no value.
func noValue(w *words.Words, field string) string {
	switch field {
	case "expiresAt":
		return w.T("audit.never")
	case "endpoints":
		return w.T("audit.all")
	case "allowedCidrs":
		return w.T("audit.any-address")
	}
	return w.T("audit.none")
}
