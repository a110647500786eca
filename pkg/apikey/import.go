package apikey

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ForeignKey is a key of another system that is to be taken over.
type ForeignKey struct {
	Source      string // its number there, for people
	Name        string
	Description string
	Owner       string // who made it there; empty = not known
	Role        Role   // what it had there, or less
	Chosen      ImportChoice
	Enabled     bool
	CreatedAt   time.Time // zero = not known
	ExpiresAt   time.Time // zero = never, unless Ends says more
	Ends        string    // the end as it is written there, if it cannot be read
	Hint        string    // what may be shown of its token
	Origin      Origin
	Mark        string   // distinguishes it from all others that were or will be taken over
	Notes       []string // what is different here from what it was
	Skip        string   // why it cannot be taken over; empty if it can
}

// ImportChoice is what a key that is taken over shall have here, whatever it had.
type ImportChoice struct {
	Endpoints []string          // that it opens alone; empty = every one that takes its role
	Owner     string            // empty = who made it there, or else who takes it over
	Labels    map[string]string // besides those that it has, if it was taken over before
	Tenants   []string          // as which it may act
}

// Tidy puts a choice into the form in which it is kept, and says what is wrong with it, by the names of the API.
func (c *ImportChoice) Tidy() (wrong Mistakes) {
	var err error
	c.Endpoints, err = normalEndpoints(c.Endpoints, MaxEndpoints)
	wrong.AddError("endpoint", err)
	c.Owner, err = checkOwner(c.Owner)
	wrong.AddError("owner", err)
	c.Labels, err = ParseLabels(c.Labels)
	wrong.AddError("label", err)
	c.Tenants, err = ParseTenants(c.Tenants)
	wrong.AddError("tenant", err)
	return wrong
}

func (c *ImportChoice) isEmpty() bool {
	return len(c.Endpoints) == 0 && c.Owner == "" && len(c.Labels) == 0 && len(c.Tenants) == 0
}

// Takeover says what was done, or would be done, with a ForeignKey.
type Takeover struct {
	Foreign ForeignKey
	Key     *Key     // nil if it was skipped
	Skip    string   // why it was
	Notes   []string // what is different from what it was
	Again   bool     // it was taken over before, and has what is chosen now
}

// errDryRun undoes what a dry run did.
var errDryRun = errors.New("dry run")

// Import takes over keys of another system, all in one transaction, so that
// their tokens work here. No key gets more than it had: no other role, no
// longer life, and a disabled one stays disabled. A key that was taken over
// before gets what is chosen now, if anything is, and is else skipped, also if it
// was deleted since. With dryRun nothing is changed, and the keys that come back
// are those that would have been made.
func (s *Service) Import(ctx context.Context, foreign []ForeignKey, dryRun bool) (done []Takeover, err error) {
	caller, err := Manager(ctx)
	if err != nil {
		return nil, err
	}
	policy, err := s.issuing(ctx, caller.OrgID)
	if err != nil {
		return nil, err
	}
	foreign = slices.Clone(foreign)
	for i := range foreign {
		foreign[i] = foreign[i].tidied()
	}
	names, err := s.takenNames(ctx, caller.OrgID, foreign)
	if err != nil {
		return nil, err
	}
	former, err := s.formerKeys(ctx, caller.OrgID, foreign)
	if err != nil {
		return nil, err
	}
	work := func(tx Tx) error {
		done = done[:0]
		taken := map[string]bool{}
		for _, n := range names {
			taken[n] = true
		}
		for _, f := range foreign {
			t, err := s.takeOver(ctx, tx, caller, policy, f, taken, former)
			if err != nil {
				return err
			}
			done = append(done, t)
		}
		if dryRun {
			return errDryRun
		}
		return nil
	}
	if dryRun {
		err = s.transact(ctx, work)
	} else {
		err = s.write(ctx, work)
	}
	if err != nil && !errors.Is(err, errDryRun) {
		return nil, err
	}
	return done, nil
}

// takeOver makes a key of one foreign key, in a transaction.
func (s *Service) takeOver(
	ctx context.Context, tx Tx, caller Caller, policy Policy, f ForeignKey, taken map[string]bool, former formerKeys,
) (Takeover, error) {
	now := s.Now()
	t := Takeover{Foreign: f, Skip: f.Skip, Notes: slices.Clone(f.Notes)}
	var wrong Mistakes
	name, err := checkName(f.Name)
	wrong.AddError("name", err)
	chosen := f.Chosen
	wrong = append(wrong, chosen.Tidy()...)
	checkIssuable(&wrong, policy, f.Role)
	switch {
	case t.Skip != "":
		return t, nil
	case !f.ExpiresAt.IsZero() && !now.Before(f.ExpiresAt):
		t.Skip = "it expired " + f.ExpiresAt.Format(time.RFC3339)
		return t, nil
	case len(wrong) > 0:
		t.Skip = reason(wrong[0])
		return t, nil
	}
	first, err := tx.MarkImported(ctx, caller.OrgID, f.Mark)
	if err != nil {
		return t, err
	}
	if !first {
		return s.takeOverAgain(ctx, tx, caller, t, &chosen, former, now)
	}

	k := s.newKey(caller, now).Key
	token := k.Newest()
	_, _ = rand.Read(token.Digest[:]) // the digest of no token, until the key's own is known
	token.Hint, token.Origin = f.Hint, new(f.Origin)
	k.Name, k.Description, k.Role = name, f.Description, f.Role
	k.Endpoints, k.Labels, k.Tenants = chosen.Endpoints, chosen.Labels, chosen.Tenants
	k.Owner = cmp.Or(chosen.Owner, f.Owner, defaultOwner(caller))
	if f.Owner != "" && f.Owner != k.Owner {
		t.Notes = append(t.Notes, fmt.Sprintf("was owned by %q", f.Owner))
	}
	k.Enabled, k.ExpiresAt = f.Enabled, f.ExpiresAt.Truncate(TimeUnit)
	if !f.CreatedAt.IsZero() && f.CreatedAt.Before(now) {
		k.CreatedAt = f.CreatedAt.Truncate(TimeUnit)
		token.CreatedAt = k.CreatedAt
	}
	if most := now.Add(policy.MaxTTL); policy.MaxTTL > 0 && (k.ExpiresAt.IsZero() || k.ExpiresAt.After(most)) {
		k.ExpiresAt = most
		t.Notes = append(t.Notes, "expires "+most.Format(time.RFC3339)+", because the policy allows no more")
	}
	if !k.Enabled {
		t.Notes = append(t.Notes, "is disabled, as it was")
	}
	if taken[k.Name] {
		if k.Name = f.otherName(name); taken[k.Name] {
			k.Name = suffixed(name, " (from "+k.ID+")")
		}
		t.Notes = append(t.Notes, fmt.Sprintf("is named %q, because %q is taken", k.Name, name))
	}
	taken[k.Name] = true
	if err := tx.Insert(ctx, k); err != nil {
		return t, err
	}
	if err := markIssued(ctx, tx, k); err != nil {
		return t, err
	}
	t.Key = k
	if err := s.tellOfAdmin(ctx, tx, caller, nil, k, now); err != nil {
		return t, err
	}
	data := made(k)
	data.Origin = &AuditOrigin{System: f.Origin.System, Number: f.Source}
	return t, tx.AppendAudit(ctx, entry(caller, now, ActionImport, k, data))
}

// reason says of a key that it is skipped because of a field. What is wrong goes on from the field's name, or is a
// sentence with a subject of its own.
func reason(wrong FieldError) string {
	switch first, _, _ := strings.Cut(wrong.Detail, " "); first {
	case "a", "the":
		return wrong.Detail
	}
	return "its " + wrong.Field + " " + wrong.Detail
}

// otherName is the name that a key gets whose own is taken.
func (f *ForeignKey) otherName(name string) string {
	return suffixed(name, " (from "+f.Origin.System+" "+f.Source+")")
}

// takenNames returns those of the names that the foreign keys may get that
// other keys have already.
func (s *Service) takenNames(ctx context.Context, orgID int64, foreign []ForeignKey) (taken []string, err error) {
	for _, f := range foreign {
		name, err := checkName(f.Name)
		if err != nil || f.Skip != "" {
			continue
		}
		for _, n := range []string{name, f.otherName(name)} {
			if slices.Contains(taken, n) {
				continue
			}
			there, err := s.nameTaken(ctx, orgID, n)
			if err != nil {
				return nil, err
			}
			if there {
				taken = append(taken, n)
			}
		}
	}
	return taken, nil
}

func (s *Service) nameTaken(ctx context.Context, orgID int64, name string) (bool, error) {
	q := Query{OrgID: orgID, Search: name, Sort: SortNumber, Limit: MaxPageSize, Now: s.Now()}
	for {
		keys, err := s.store.Keys(ctx, q)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(keys, func(k *Key) bool { return k.Name == name }) {
			return true, nil
		}
		if len(keys) < q.Limit {
			return false, nil
		}
		last := PositionOf(keys[len(keys)-1], q.Sort)
		q.After = &last
	}
}

// Adoption is the digest of a token that was found to be one of another system,
// of which only that system's slow hash was known.
type Adoption struct {
	OrgID    int64
	KeyID    ID
	TokenID  ID
	Hash     string // that the token fits
	Digest   Digest
	PepperID string
}

// Adopt keeps the digest in place of the slow hash, which must still be the
// token's. It is for the verifier and takes no caller.
func (s *Service) Adopt(ctx context.Context, a Adoption) error {
	err := s.write(ctx, func(tx Tx) error {
		k, err := tx.Key(ctx, a.OrgID, a.KeyID.String())
		if err != nil {
			return err
		}
		t := k.Token(a.TokenID.String())
		if t == nil || t.Origin == nil || t.Origin.Hash == "" || t.Origin.Hash != a.Hash {
			return nil // another process was quicker
		}
		t.Origin.Hash, t.Digest, t.PepperID = "", a.Digest, a.PepperID
		if err := tx.Update(ctx, k); err != nil {
			return err
		}
		now := s.Now()
		by := Caller{OrgID: k.OrgID, Login: SystemActor}
		if err := tx.AppendAudit(ctx, entry(by, now, ActionAdopt, k, AuditData{TokenID: t.ID})); err != nil {
			return err
		}
		return s.tell(ctx, tx, Happening{Event: EventTakenOver, OrgID: k.OrgID, At: now, Key: k, TokenID: t.ID,
			Origin: t.Origin})
	})
	if ErrorCode(err) == CodeConflict {
		return nil // somebody changed the key in the store, and it is denied
	}
	return err
}
