package apikey

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Link ties an entry of the audit trail to the one before it: an HMAC, under a key derived from a pepper, over the
// entry and the sum of the one before. An attacker who can write to the database but has no pepper can make none, so
// an entry that is changed, removed, put in or moved breaks the chain.
type Link struct {
	PepperID string // of the pepper that it was made with; empty = there is none
	Sum      Digest
}

// String is the link's sum as logs and targets name it.
func (l Link) String() string { return hex.EncodeToString(l.Sum[:]) }

// TrailHead is the end of the audit trail: the number of the entry that was written last, and its link. The trail of
// a new store ends with the zero TrailHead.
type TrailHead struct {
	Number int64
	Link   Link
}

// TrailEntry is an entry as it stands in the store.
type TrailEntry struct {
	AuditEntry
	Data   string // AuditData as it is stored, right or wrong
	Astray bool   // the words by which a search finds it are not those of its texts
}

// TrailNote is what an entry says about the trail itself.
type TrailNote struct {
	Last  int64  `json:"last"`          // the number of the last entry that was removed, or believed
	Count int64  `json:"count"`         // how many they were
	Sum   string `json:"sum,omitempty"` // of the last one's link, in hexadecimal
}

// SystemActor is who does what nobody asked for.
const SystemActor = "ostiary"

// trailLabel separates the keys that links are made with from other uses of a pepper. Another layout of what is linked
// gets another version.
const trailLabel = "ostiary link of the audit trail, version 1"

// link returns the sum of an entry behind another. The number of the entry is part of it, so none can be moved.
func (p *Pepper) link(before Digest, e *AuditEntry, data string) Digest {
	m := p.linkers.Get().(*marker)
	defer p.linkers.Put(m)
	m.buf = append(m.buf[:0], before[:]...)
	b := m.buf
	b = binary.BigEndian.AppendUint64(b, uint64(e.ID))    //nolint:gosec // all 64 bits
	b = binary.BigEndian.AppendUint64(b, uint64(e.OrgID)) //nolint:gosec // all 64 bits
	b = appendMoment(b, e.At)
	for _, text := range []string{e.Actor, e.From, string(e.Action), e.KeyID, e.KeyName, data} {
		b = appendText(b, text)
	}
	m.buf = b
	m.mac.Reset()
	m.mac.Write(b)
	m.mac.Sum(m.sum[:0])
	return m.sum
}

// Text is the data of an entry as a store keeps it, and as it is linked.
func (d AuditData) Text() (string, error) {
	text, err := json.Marshal(struct {
		AuditData
		Mark      string `json:"mark,omitempty"`
		Value     string `json:"value,omitempty"`
		Forgotten bool   `json:"forgotten,omitempty"`
	}{d, d.Mark, d.Value, d.Forgotten})
	return string(text), err
}

// Chain makes an entry the one behind the head of the trail: it gives it its number and its link, under the current
// pepper.
func (p *Peppers) Chain(head TrailHead, e *AuditEntry) error {
	data, err := e.Text()
	if err != nil {
		return fmt.Errorf("an entry of the audit trail cannot be written down: %w", err)
	}
	e.ID = head.Number + 1
	e.Link = Link{PepperID: p.current.id, Sum: p.current.link(head.Link.Sum, e, data)}
	return nil
}

// appendChained adds an entry behind the head of the trail.
func appendChained(ctx context.Context, tx Tx, peppers *Peppers, e *AuditEntry) error {
	head, err := tx.TrailHead(ctx)
	if err != nil {
		return err
	}
	if err := peppers.Chain(head, e); err != nil {
		return err
	}
	return tx.AppendAudit(ctx, e)
}

// AppendAudit writes an entry behind the head of the trail, in a transaction of its own. A trail that is not chained
// yet is left alone.
func AppendAudit(ctx context.Context, store Store, peppers *Peppers, e AuditEntry) error {
	return store.Write(ctx, func(tx Tx) error {
		if first, err := tx.Unchained(ctx); err != nil || first > 0 {
			return err
		}
		return appendChained(ctx, tx, peppers, &e)
	})
}

// AppendAudit is like Tx.AppendAudit, with the number and the link that the entry gets behind the others.
func (m marking) AppendAudit(ctx context.Context, e *AuditEntry) error {
	if sum, written := m.written[e.KeyID]; written {
		e.Mark = entryMark(sum)
	}
	if value, put := m.values[""]; put && e.KeyID == "" {
		e.Value = value
	}
	return appendChained(ctx, m.Tx, m.peppers, e)
}

// chainStep is how many entries are read or written at once.
const chainStep = 1000

// ChainAll links all entries that have no link, and those behind them: the trail of a store from before there were
// links, which is to be trusted. An entry says how far it was believed. It is all done in one transaction, and nothing
// is changed if every entry has a link. It returns how many were believed.
func ChainAll(ctx context.Context, store Store, peppers *Peppers, now time.Time) (n int64, err error) {
	if first, err := store.Unchained(ctx); err != nil || first == 0 {
		return 0, err
	}
	err = store.Write(ctx, func(tx Tx) error {
		n = 0
		first, err := tx.Unchained(ctx)
		if err != nil || first == 0 {
			return err
		}
		head, err := linkBefore(ctx, tx, first)
		if err != nil {
			return err
		}
		for {
			entries, err := tx.Trail(ctx, head.Number, chainStep)
			if err != nil {
				return err
			}
			for i := range entries {
				e := &entries[i]
				if e.Link.PepperID == "" {
					n++
				}
				e.Link = Link{
					PepperID: peppers.current.id,
					Sum:      peppers.current.link(head.Link.Sum, &e.AuditEntry, e.Data),
				}
				head = TrailHead{Number: e.ID, Link: e.Link}
			}
			if err := tx.SetLinks(ctx, entries); err != nil {
				return err
			}
			if len(entries) < chainStep {
				break
			}
		}
		return appendChained(ctx, tx, peppers, &AuditEntry{At: now.UTC().Truncate(TimeUnit), Actor: SystemActor,
			Action: ActionChainTrail, AuditData: AuditData{Trail: &TrailNote{Last: head.Number, Count: n}}})
	})
	return n, err
}

// linkBefore returns the end of the trail as it was before an entry.
func linkBefore(ctx context.Context, tx Tx, number int64) (TrailHead, error) {
	entries, err := tx.Trail(ctx, number-2, 1)
	if err != nil || len(entries) == 0 || entries[0].ID != number-1 {
		return TrailHead{Number: number - 1}, err
	}
	return TrailHead{Number: number - 1, Link: entries[0].Link}, nil
}
