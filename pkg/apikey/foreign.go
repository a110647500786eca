package apikey

import (
	"time"
	"unicode/utf8"
)

// LatestTime is the last moment that a key can have: beyond it, JSON and other
// systems have no way to write one.
var LatestTime = time.Date(9999, 12, 31, 23, 59, 59, 999_000_000, time.UTC)

// maxSourceLength is how long a number of another system may be, in characters:
// it becomes a part of names.
const maxSourceLength = 64

// tidied returns a foreign key in which everything is as a key may have it,
// even if its source holds others; what would change what the key is worth is left for
// Import to refuse.
func (f ForeignKey) tidied() ForeignKey {
	if f.ExpiresAt.After(LatestTime) {
		f.ExpiresAt = time.Time{}
		f.Notes = append(f.Notes, "never expires, because it would after the year 9999")
	}
	if f.CreatedAt.Before(time.UnixMilli(1)) || f.CreatedAt.After(LatestTime) {
		f.CreatedAt = time.Time{}
	}
	if source, err := checkName(f.Source); err != nil || utf8.RuneCountInString(source) > maxSourceLength {
		f.Source = "?"
	}
	if checkText(f.Hint, false) != nil || utf8.RuneCountInString(f.Hint) > maxSourceLength {
		f.Hint = "…"
	}
	var err error
	if f.Owner, err = checkOwner(f.Owner); err != nil {
		f.Owner = ""
	}
	if f.Description, err = checkDescription(f.Description); err != nil {
		f.Description = ""
	}
	return f
}
