package sqlkeys

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// LoadSpan is how many numbers a batch of Load covers.
const LoadSpan = 4096

// maxKinds is how many kinds of keys a RecordReader remembers, and how many
// labels and lists: many kinds have the same.
const maxKinds = 10_000

// RecordReader makes Records of rows with few allocations: the names of a
// batch share one string, its tokens one array, and what keys of one kind have
// in common exists once.
type RecordReader struct {
	records []apikey.Record
	tokens  []apikey.TokenRecord
	names   []byte
	ends    []end
	kinds   map[string]kind
	labels  map[string]map[string]string
	lists   map[string][]string
	texts   map[string]string
}

// end is where the name and the tokens of a record end.
type end struct{ names, tokens int }

// kind is what many keys and their tokens have in common.
type kind struct {
	key   apikey.Record
	token apikey.TokenRecord
}

// NewRecordReader returns a RecordReader that has read nothing.
func NewRecordReader() *RecordReader {
	return &RecordReader{kinds: map[string]kind{}, labels: map[string]map[string]string{}, lists: map[string][]string{},
		texts: map[string]string{}}
}

// RecordRow is a key with one of its tokens as the feed reads it: RecordColumns
// and the kind. Its slices may be used again after Add. Kind is what many keys
// have in common as one text, with the character 31 between its parts: role,
// pool, endpoints, allowed_cidrs, enabled, whether the key was revoked,
// mark_pepper, owner, labels, tenants, limits, disabled_until, and of the token pepper_id, whether it was revoked, and
// origin.
// Truths are 1 or 0.
type RecordRow struct {
	ID, Name, Mark, TokenID, Digest, Kind []byte
	OrgID, ExpiresAt, TokenExpiresAt, Seq int64
}

// RecordColumns are the columns of a RecordRow but the kind, from RecordTables.
// The rows of a key must follow one another.
const (
	RecordColumns = `k.id, k.org_id, k.name, k.expires_at, k.seq, k.mark, t.id, t.digest, coalesce(t.expires_at, 0)`
	RecordTables  = `keys AS k LEFT JOIN tokens AS t ON t.number = k.number`
)

// Marks returns the ids of records and their marks' peppers and sums.
func Marks(records []apikey.Record) (ids, peppers []string, sums [][]byte) {
	for i := range records {
		r := &records[i]
		ids, peppers, sums = append(ids, r.ID.String()), append(peppers, r.Mark.PepperID), append(sums, r.Mark.Sum[:])
	}
	return ids, peppers, sums
}

// Add adds a row to the batch.
func (r *RecordReader) Add(row *RecordRow) error {
	shared, err := r.kind(row.Kind)
	if err != nil {
		return err
	}
	if r.records == nil {
		r.records = make([]apikey.Record, 0, LoadSpan)
		r.tokens = make([]apikey.TokenRecord, 0, LoadSpan)
	}
	if row.TokenID != nil {
		t := shared.token
		copy(t.ID[:], row.TokenID)
		if t.Digest, err = DigestOf(row.Digest); err != nil {
			return err
		}
		t.ExpiresAt = FromMillis(row.TokenExpiresAt)
		r.tokens = append(r.tokens, t)
	}
	if n := len(r.records); n > 0 && bytes.Equal(r.records[n-1].ID[:], row.ID) { // another token of the same key
		r.ends[n-1].tokens++
		return nil
	}
	k := shared.key
	copy(k.ID[:], row.ID)
	copy(k.Mark.Sum[:], row.Mark)
	k.OrgID, k.ExpiresAt, k.Seq = row.OrgID, FromMillis(row.ExpiresAt), row.Seq
	r.records = append(r.records, k)
	r.names = append(r.names, row.Name...)
	r.ends = append(r.ends, end{names: len(r.names), tokens: len(r.tokens)})
	return nil
}

// Take returns the batch and begins another.
func (r *RecordReader) Take() []apikey.Record {
	names, start := string(r.names), end{}
	for i, end := range r.ends {
		r.records[i].Name = names[start.names:end.names]
		r.records[i].Tokens = r.tokens[start.tokens:end.tokens:end.tokens]
		start = end
	}
	records := r.records
	r.records, r.tokens, r.names, r.ends = nil, nil, r.names[:0], r.ends[:0]
	return records
}

// kind returns what keys of a kind have in common.
func (r *RecordReader) kind(text []byte) (kind, error) {
	if k, ok := r.kinds[string(text)]; ok {
		return k, nil
	}
	k, err := r.parseKind(string(text))
	if err != nil {
		return k, err
	}
	return remember(r.kinds, string(text), k), nil
}

func remember[T any](known map[string]T, text string, value T) T {
	if len(known) >= maxKinds {
		clear(known)
	}
	known[text] = value
	return value
}

// once returns what a text means. What several kinds have exists once.
func once[T any](known map[string]T, text string, parse func(string) T) T {
	if value, ok := known[text]; ok {
		return value
	}
	text = strings.Clone(text) // and not all of the kind
	return remember(known, text, parse(text))
}

func (r *RecordReader) parseKind(all string) (k kind, err error) {
	part := strings.Split(all, "\x1f")
	if len(part) != 15 {
		return k, fmt.Errorf("stored key: a text of it holds a control character")
	}
	text := func(s string) string { return once(r.texts, s, func(s string) string { return s }) }
	k.key = apikey.Record{
		Pool: text(part[1]), Endpoints: once(r.lists, part[2], splitList), Enabled: part[4] == "1",
		Revoked: part[5] == "1",
		Mark:    apikey.Mark{PepperID: text(part[6])}, Owner: text(part[7]),
		Labels:  once(r.labels, part[8], splitLabels),
		Tenants: once(r.lists, part[9], splitList),
	}
	k.token = apikey.TokenRecord{PepperID: text(part[12]), Revoked: part[13] == "1"}
	if k.key.Limits, err = limitsOf(part[10]); err != nil {
		return k, err
	}
	if k.key.DisabledUntil, err = momentOf(part[11]); err != nil {
		return k, err
	}
	if k.key.Role, err = RoleOf(part[0]); err != nil {
		return k, err
	}
	if k.key.AllowedCIDRs, err = splitCIDRs(part[3]); err != nil {
		return k, err
	}
	if k.token.Origin, err = apikey.ParseOrigin(part[14]); err != nil {
		return k, fmt.Errorf("stored origin: %w", err)
	}
	return k, nil
}

// momentOf reads a stored time as a text.
func momentOf(text string) (time.Time, error) {
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("stored time: %w", err)
	}
	return FromMillis(ms), nil
}
