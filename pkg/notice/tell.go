package notice

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// How what happened is told.
const (
	gatherTime   = 5 * time.Second // so that a notice says who else it was
	learnTime    = 24 * time.Hour  // in which the addresses of a key are learnt and nobody is told
	quietTime    = time.Hour       // between two notices of new addresses of a key
	usesSpan     = 24 * time.Hour  // over which clients are counted
	maxNetworks  = 100             // of a key; one with more is at home everywhere
	maxPerRound  = 500             // facts in one transaction
	refusedLimit = 20              // notices of refused addresses in an hour
)

// tellFacts puts into words what was gathered for a while; at the end, all of
// it.
func (n *Notices) tellFacts(ctx context.Context, patience time.Duration) error {
	now := n.now()
	var failed error
	for chunk := range slices.Chunk(sortedFacts(n.facts.take(now, patience)), maxPerRound) {
		n.addClients(ctx, chunk, now)
		err := n.store.Write(ctx, func(tx apikey.Tx) error {
			for _, f := range chunk {
				if err := n.tellFact(ctx, tx, f, now); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			again := map[fact][]Use{}
			for _, f := range chunk {
				again[f.fact] = f.uses
			}
			n.facts.giveBack(again, now)
			failed = errors.Join(failed, err)
		}
	}
	return errors.Join(failed, n.tellRefused(ctx))
}

// gatheredFact is a fact with who it was.
type gatheredFact struct {
	fact
	uses []Use
}

// addClients adds to what came late who else sent it in the last day.
func (n *Notices) addClients(ctx context.Context, list []gatheredFact, now time.Time) {
	for i := range list {
		f := &list[i]
		if f.kind != cameLate || f.org == 0 || !n.facts.looks(f.fact, now) {
			continue
		}
		clients, err := n.store.Clients(ctx, f.org, f.key, now.Add(-usesSpan))
		if err != nil {
			continue // it is told without
		}
		for _, c := range clients {
			if c.Denied == 0 || f.token != "" && c.TokenID != f.token {
				continue
			}
			f.merge(Use{Address: c.Address, UserAgent: c.UserAgent, Requests: c.Denied, LastAt: c.LastAt})
		}
	}
}

// merge adds a client, or raises its count if it is there.
func (f *gatheredFact) merge(u Use) {
	for i := range f.uses {
		if known := &f.uses[i]; known.Address == u.Address && known.UserAgent == u.UserAgent {
			known.Requests = max(known.Requests, u.Requests)
			return
		}
	}
	if len(f.uses) < maxUses {
		f.uses = append(f.uses, u)
	}
}

func sortedFacts(ripe map[fact][]Use) (list []gatheredFact) {
	for what, uses := range ripe {
		slices.SortFunc(uses, func(a, b Use) int {
			return cmp.Or(cmp.Compare(b.Requests, a.Requests), strings.Compare(a.Address, b.Address))
		})
		list = append(list, gatheredFact{what, uses})
	}
	slices.SortFunc(list, func(a, b gatheredFact) int { return strings.Compare(a.key, b.key) })
	return list
}

// tellFact has people told of a fact, if it is as it seems.
func (n *Notices) tellFact(ctx context.Context, tx apikey.Tx, f gatheredFact, now time.Time) error {
	k, err := tx.AnyKey(ctx, f.key)
	if apikey.ErrorCode(err) == apikey.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	switch f.kind {
	case usedFrom:
		return n.tellAddresses(ctx, tx, k, f.uses, now)
	case metLimit:
		m := limited(k, now, f.uses)
		m.cause = apikey.DayOf(now).String()
		return n.once(ctx, tx, "limited", m)
	}
	return n.tellLate(ctx, tx, k, f, now)
}

// tellLate has people told of a key or a token that is over and still sent.
func (n *Notices) tellLate(ctx context.Context, tx apikey.Tx, k *apikey.Key, f gatheredFact, now time.Time) error {
	switch k.State(now) {
	case apikey.StateRevoked: // on purpose, and for good
		return nil
	case apikey.StateExpired:
		return n.once(ctx, tx, "expired_in_use", expiredInUse(k, now, f.uses))
	}
	t := k.Token(f.token)
	if t == nil || t == k.Newest() {
		return nil
	}
	if state := k.TokenState(t, now); state != apikey.StateExpired && state != apikey.StateRevoked {
		return nil
	}
	return n.onceEach(ctx, tx, "replaced", replacedInUse(k, t, now, f.uses, true))
}

// tellAddresses learns from where a key is used, and has people told of what is
// new: not in its first day, and once an hour at the most.
//
// What is known of a key is one note: when it was first seen, when people were
// last told, and its networks.
func (n *Notices) tellAddresses(ctx context.Context, tx apikey.Tx, k *apikey.Key, uses []Use, now time.Time) error {
	const kind = "networks"
	text, err := tx.Noted(ctx, k.ID, kind)
	if err != nil {
		return err
	}
	known := parseNetworks(text, now)
	var fresh []Use
	for _, u := range uses {
		a, err := netip.ParseAddr(u.Address)
		if err != nil {
			continue
		}
		if !slices.Contains(known.networks, network(a)) && len(known.networks) < maxNetworks {
			fresh = append(fresh, u)
		} else {
			n.facts.see(seenNetwork{k.ID, network(a)})
		}
	}
	learns := now.Sub(known.since) < learnTime
	if quiet := known.told.Add(quietTime); !learns && now.Before(quiet) && len(fresh) > 0 {
		n.facts.giveBack(map[fact][]Use{{kind: usedFrom, key: k.ID}: fresh}, quiet)
		return nil
	}
	for _, u := range fresh {
		a, _ := netip.ParseAddr(u.Address) // which it is
		if where := network(a); !slices.Contains(known.networks, where) {
			known.networks = append(known.networks, where)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	if !learns {
		known.told = now
		if err := n.add(ctx, tx, newAddress(k, now, fresh)); err != nil {
			return err
		}
	}
	return tx.Note(ctx, k.ID, kind, known.String(), now)
}

// networks are those from which a key is known to be used.
type networks struct {
	since, told time.Time
	networks    []string
}

func parseNetworks(text string, now time.Time) (known networks) {
	var since, told int64
	var list string
	if _, err := fmt.Sscan(text, &since, &told, &list); err != nil {
		return networks{since: now}
	}
	return networks{time.UnixMilli(since), time.UnixMilli(told), strings.Split(list, ",")}
}

// String writes them as parseNetworks reads them.
func (k *networks) String() string {
	told := int64(0)
	if !k.told.IsZero() {
		told = k.told.UnixMilli()
	}
	return fmt.Sprintf("%d %d %s", k.since.UnixMilli(), told, strings.Join(k.networks, ","))
}

// tellRefused has people told of addresses whose requests to manage keys were
// refused too often. Of very many addresses at once some are told of.
func (n *Notices) tellRefused(ctx context.Context) error {
	list := n.facts.takeRefused()
	if len(list) == 0 {
		return nil
	}
	list = list[:min(len(list), refusedLimit)]
	err := n.store.Write(ctx, func(tx apikey.Tx) error {
		for _, r := range list {
			m := signInRefused(r.at, r.address, refusalCount, r.code)
			m.cause = r.at.Truncate(time.Hour).Format(time.RFC3339)
			if err := n.once(ctx, tx, "signin/"+r.address, m); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		n.facts.giveRefusedBack(list)
	}
	return err
}
