package apikey

import (
	"cmp"
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Mark is what proves that a key's rows in the store are as this program wrote
// them: an HMAC under a key derived from a pepper, over all that a decision
// uses. An attacker who can write to the database but has no pepper can make none.
type Mark struct {
	PepperID string // of the pepper that it was made with; empty = there is none
	Sum      Digest
}

// Trust says what a mark proves.
type Trust int

// What a mark may prove.
const (
	Genuine Trust = iota
	Forged        // the rows were changed by something else, or there is no mark
	Unknown       // it was made with a pepper that is not at hand
)

// markLabel separates the keys that marks are made with from other uses of a pepper. Another layout of what is marked
// gets another version.
const markLabel = "ostiary mark of a key, version 1"

// marker makes marks.
type marker struct {
	mac hash.Hash
	buf []byte
	sum Digest
}

func newMarker(secret []byte, label string) *marker {
	key, err := hkdf.Key(sha256.New, secret, nil, label, sha256.Size)
	if err != nil {
		panic(err) // only for a length that no hash has
	}
	return &marker{mac: hmac.New(sha256.New, key)}
}

// mark returns the sum of what a record says.
func (p *Pepper) mark(r *Record) Digest {
	m := p.markers.Get().(*marker)
	m.buf = r.appendMarked(m.buf[:0])
	m.mac.Reset()
	m.mac.Write(m.buf)
	m.mac.Sum(m.sum[:0])
	sum := m.sum
	p.markers.Put(m)
	return sum
}

// Mark returns the mark of what a record says, under the current pepper.
func (p *Peppers) Mark(r *Record) Mark { return Mark{PepperID: p.current.id, Sum: p.current.mark(r)} }

// Trust says what the mark of a record proves.
func (p *Peppers) Trust(r *Record) Trust {
	if r.Mark.PepperID == "" {
		return Forged
	}
	pepper := p.Find(r.Mark.PepperID)
	switch {
	case pepper == nil:
		return Unknown
	case !pepper.mark(r).Equal(r.Mark.Sum):
		return Forged
	}
	return Genuine
}

// appendMarked appends all that is marked, so that no two records have the same
// text: every list and text comes after its length.
func (r *Record) appendMarked(b []byte) []byte {
	b = append(b, r.ID[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(r.OrgID)) //nolint:gosec // all 64 bits
	b = appendText(b, r.Name)
	b = append(b, byte(r.Role))
	b = appendText(b, r.Pool)
	b = binary.AppendUvarint(b, uint64(len(r.Endpoints)))
	for _, e := range r.Endpoints {
		b = appendText(b, e)
	}
	b = binary.AppendUvarint(b, uint64(len(r.AllowedCIDRs)))
	for _, c := range r.AllowedCIDRs {
		b = appendCIDR(b, c)
	}
	b = appendTruth(b, r.Enabled)
	b = appendTruth(b, r.Revoked)
	b = appendMoment(b, r.ExpiresAt)
	b = binary.AppendUvarint(b, uint64(len(r.Tokens)))
	for i := range r.Tokens {
		b = r.Tokens[i].appendMarked(b)
	}
	return r.appendFurther(b)
}

// appendFurther appends what keys did not have when marks were first made. A key that has none of it is marked as it
// was then, so its mark stays good. The text before it says where it ends, so nothing is like another.
func (r *Record) appendFurther(b []byte) []byte {
	if r.Owner == "" && len(r.Labels) == 0 && len(r.Tenants) == 0 && r.Limits.IsZero() && r.DisabledUntil.IsZero() {
		return b
	}
	b = appendText(b, r.Owner)
	b = appendLabels(b, r.Labels)
	b = binary.AppendUvarint(b, uint64(len(r.Tenants)))
	for _, tenant := range r.Tenants {
		b = appendText(b, tenant)
	}
	b = appendText(b, r.Limits.String())
	return appendMoment(b, r.DisabledUntil)
}

func (t *TokenRecord) appendMarked(b []byte) []byte {
	b = append(b, t.ID[:]...)
	b = append(b, t.Digest[:]...)
	b = appendText(b, t.PepperID)
	b = appendMoment(b, t.ExpiresAt)
	b = appendTruth(b, t.Revoked)
	if t.Origin == nil {
		return appendText(b, "")
	}
	text, _ := t.Origin.MarshalText() // of texts alone, which never fails
	return appendText(b, string(text))
}

// appendLabels appends labels in the order of their names, each as name=value. It allocates nothing.
func appendLabels(b []byte, labels map[string]string) []byte {
	var space [MaxLabels]string
	names := space[:0]
	for name := range labels {
		names = append(names, name)
	}
	slices.Sort(names)
	b = binary.AppendUvarint(b, uint64(len(names)))
	for _, name := range names {
		value := labels[name]
		b = binary.AppendUvarint(b, uint64(len(name)+1+len(value)))
		b = append(append(append(b, name...), '='), value...)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendCIDR(b []byte, p netip.Prefix) []byte {
	a := p.Addr().As16()
	return append(append(b, a[:]...), byte(p.Addr().BitLen()), byte(p.Bits())) //nolint:gosec // at most 128
}

func appendTruth(b []byte, is bool) []byte {
	if is {
		return append(b, 1)
	}
	return append(b, 0)
}

// appendMoment appends a time as stores keep it; 0 is none.
func appendMoment(b []byte, t time.Time) []byte {
	var ms int64
	if !t.IsZero() {
		ms = max(1, t.UnixMilli())
	}
	return binary.BigEndian.AppendUint64(b, uint64(ms))
}

// Record returns what the feed says of a key.
func (k *Key) Record() Record {
	r := Record{
		OrgID: k.OrgID, Name: k.Name, Role: k.Role, Owner: k.Owner, Labels: k.Labels, Pool: k.Pool,
		Endpoints:    k.Endpoints,
		AllowedCIDRs: k.AllowedCIDRs, Tenants: k.Tenants, Limits: k.Limits,
		Enabled: k.Enabled, DisabledUntil: k.DisabledUntil, Revoked: !k.RevokedAt.IsZero(), ExpiresAt: k.ExpiresAt,
		Mark: k.Mark, Seq: k.Seq,
		Tokens: make([]TokenRecord, len(k.Tokens)),
	}
	copy(r.ID[:], k.ID)
	for i, t := range k.Tokens {
		r.Tokens[i] = TokenRecord{Digest: t.Digest, PepperID: t.PepperID, ExpiresAt: t.ExpiresAt,
			Revoked: !t.RevokedAt.IsZero(), Origin: t.Origin}
		copy(r.Tokens[i].ID[:], t.ID)
	}
	return r
}

// markStep is how many keys are marked in one transaction.
const markStep = 1000

// MarkAll gives all keys a mark that have none: those of a store from before
// there were marks, which is to be trusted. It goes on where it was when it was
// interrupted, and returns how many it marked.
func MarkAll(ctx context.Context, store Store, peppers *Peppers) (n int, err error) {
	for {
		records, err := store.Unmarked(ctx, markStep)
		if err != nil || len(records) == 0 {
			return n, err
		}
		for i := range records {
			records[i].Mark = peppers.Mark(&records[i])
		}
		if err := store.Write(ctx, func(tx Tx) error { return tx.SetMarks(ctx, records) }); err != nil {
			return n, err
		}
		n += len(records)
	}
}

// Distrusted is a key whose mark proves nothing.
type Distrusted struct {
	OrgID int64
	ID    ID
	Trust Trust
}

// Distrust reads all keys and returns those whose marks are not good, by
// organization and id.
func Distrust(ctx context.Context, feed Feed, peppers *Peppers) (list []Distrusted, err error) {
	outdated, err := feed.Outdated(ctx, nil)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	_, err = feed.Load(ctx, Scope{}, func(records []Record) {
		for i := range records {
			trust := peppers.Trust(&records[i])
			if slices.Contains(outdated, records[i].ID.String()) {
				trust = Forged
			}
			if trust != Genuine {
				mu.Lock()
				list = append(list, Distrusted{OrgID: records[i].OrgID, ID: records[i].ID, Trust: trust})
				mu.Unlock()
			}
		}
	})
	slices.SortFunc(list, func(a, b Distrusted) int {
		return cmp.Or(cmp.Compare(a.OrgID, b.OrgID), slices.Compare(a.ID[:], b.ID[:]))
	})
	return list, err
}
