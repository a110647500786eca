package sqlkeys

import (
	"fmt"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// LoadSpan is how many numbers a batch of Load covers.
const LoadSpan = 4096

// maxKinds is how many kinds of keys a RecordReader remembers.
const maxKinds = 10_000

// RecordReader makes Records of rows with few allocations: the names of a
// batch share one string, and what keys of one kind have in common exists
// once.
type RecordReader struct {
	records []apikey.Record
	names   []byte
	ends    []int // where the names end
	kinds   map[string]apikey.Record
}

// NewRecordReader returns a RecordReader that has read nothing.
func NewRecordReader() *RecordReader {
	return &RecordReader{kinds: map[string]apikey.Record{}}
}

// RecordRow is a key as the feed reads it. Its slices may be used again after
// Add. Kind is what many keys have in common as one text, with the character
// 31 between its parts: role, pepper_id, pool, endpoints, allowed_cidrs,
// enabled, whether it was revoked (1 or 0 for both), and origin.
type RecordRow struct {
	ID, Digest, Name, Kind []byte
	OrgID, ExpiresAt, Seq  int64
}

// Add adds a row to the batch.
func (r *RecordReader) Add(row *RecordRow) error {
	k, err := r.kind(row.Kind)
	if err != nil {
		return err
	}
	copy(k.ID[:], row.ID)
	if k.Digest, err = DigestOf(row.Digest); err != nil {
		return err
	}
	k.OrgID, k.ExpiresAt, k.Seq = row.OrgID, FromMillis(row.ExpiresAt), row.Seq
	if r.records == nil {
		r.records = make([]apikey.Record, 0, LoadSpan)
	}
	r.records = append(r.records, k)
	r.names = append(r.names, row.Name...)
	r.ends = append(r.ends, len(r.names))
	return nil
}

// Take returns the batch and begins another.
func (r *RecordReader) Take() []apikey.Record {
	names, start := string(r.names), 0
	for i, end := range r.ends {
		r.records[i].Name, start = names[start:end], end
	}
	records := r.records
	r.records, r.names, r.ends = nil, r.names[:0], r.ends[:0]
	return records
}

// kind returns a record with what keys of a kind have in common.
func (r *RecordReader) kind(kind []byte) (apikey.Record, error) {
	if k, ok := r.kinds[string(kind)]; ok {
		return k, nil
	}
	text := string(kind)
	part := strings.Split(text, "\x1f")
	if len(part) != 8 {
		return apikey.Record{}, fmt.Errorf("stored key: a pool, endpoint or pepper id holds a control character")
	}
	k := apikey.Record{PepperID: part[1], Pool: part[2], Endpoints: splitList(part[3]), Enabled: part[5] == "1", Revoked: part[6] == "1"}
	var err error
	if k.Role, err = RoleOf(part[0]); err != nil {
		return k, err
	}
	if k.AllowedCIDRs, err = splitCIDRs(part[4]); err != nil {
		return k, err
	}
	if k.Origin, err = apikey.ParseOrigin(part[7]); err != nil {
		return k, fmt.Errorf("stored origin: %w", err)
	}
	if len(r.kinds) >= maxKinds {
		clear(r.kinds)
	}
	r.kinds[text] = k
	return k, nil
}
