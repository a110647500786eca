package apikey

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Limits of a page.
const (
	DefaultPageSize = 50
	MaxPageSize     = 500
)

// Service holds the rules for changing keys. It takes the caller from the
// context, confines everything to the caller's organization, and writes the
// audit trail in the transaction of the change.
type Service struct {
	sights   sights
	store    Store
	peppers  *Peppers
	opts     Options
	policies atomic.Pointer[map[int64]SaidPolicy]
	counts   countCache
}

// Options of a Service. Every one may be left out.
type Options struct {
	// Policy returns the limits in force for an organization. While it
	// returns an error, nothing that they would limit can be done.
	Policy func(ctx context.Context, orgID int64) (Policy, error)

	// PolicyEditable names the fields of the policy that managers may change, or says as an Error why there are none.
	PolicyEditable func() (fields []string, err error)

	// Changed is called after every committed change and before its answer
	// goes out: the process's own replica catches up in it. An error is
	// reported to the caller, together with the fact that the change itself is done.
	Changed func(ctx context.Context) error

	// KeepLastAdmin refuses, unless forced, every change that would leave an
	// organization without a usable Admin key. It is for the standalone
	// server, where only such a key can manage.
	KeepLastAdmin bool

	// Notify writes what people are to be told of a change, in its
	// transaction; nil = nobody is told.
	Notify func(ctx context.Context, tx Tx, h Happening) error

	// LeakedFor is how long a token that was found in the open works on, so
	// that its owner can rotate the key; 0 = the key is revoked at once.
	LeakedFor time.Duration

	// Now is the clock.
	Now func() time.Time
}

// NewService returns a Service on a store.
func NewService(store Store, peppers *Peppers, opts Options) *Service {
	if opts.Policy == nil {
		opts.Policy = func(context.Context, int64) (Policy, error) { return DefaultPolicy(), nil }
	}
	if opts.PolicyEditable == nil {
		opts.PolicyEditable = func() ([]string, error) {
			return nil, Errorf(CodeConflict, "The policy cannot be changed here; its configuration says it.")
		}
	}
	if opts.Changed == nil {
		opts.Changed = func(context.Context) error { return nil }
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Service{store: store, peppers: peppers, opts: opts}
}

// Now returns the time by which the Service judges states.
func (s *Service) Now() time.Time { return s.opts.Now().UTC().Truncate(TimeUnit) }

// Issued is a key with its newest token, which is known only now.
type Issued struct {
	Key   *Key
	Token string
}

// NewKey describes a key to be made.
type NewKey struct {
	Name         string
	Description  string
	Owner        string // empty = the caller
	Labels       map[string]string
	Role         Role
	Pool         string
	Endpoints    []string
	AllowedCIDRs []netip.Prefix
	Tenants      []string
	Limits       Limits
	Lifetime     Lifetime
}

// Create makes a key and returns it with its token.
func (s *Service) Create(ctx context.Context, n NewKey) (*Issued, error) {
	caller, err := Manager(ctx)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	policy, err := s.issuing(ctx, caller.OrgID)
	if err != nil {
		return nil, err
	}
	var wrong Mistakes
	n.normalize(&wrong)
	if n.Role == RoleNone {
		wrong.Add("role", "is missing; use Admin, Editor, Viewer or Agent")
	}
	checkIssuable(&wrong, policy, n.Role)
	expires, err := policy.expiry(n.Lifetime, now)
	wrong.AddError("expiresIn", err)
	if err := wrong.Err(); err != nil {
		return nil, err
	}

	issued := s.newKey(caller, now)
	k := issued.Key
	n.describe(k, caller)
	k.ExpiresAt = expires
	err = s.write(ctx, func(tx Tx) error {
		if err := needPool(ctx, tx, caller, k, now); err != nil {
			return err
		}
		if err := tx.Insert(ctx, k); err != nil {
			return err
		}
		if err := markIssued(ctx, tx, k); err != nil {
			return err
		}
		if err := s.tellOfAdmin(ctx, tx, caller, nil, k, now); err != nil {
			return err
		}
		return tx.AppendAudit(ctx, entry(caller, now, ActionCreate, k, made(k)))
	})
	if err != nil {
		return nil, err
	}
	return issued, nil
}

// describe gives a new key what was asked for.
func (n *NewKey) describe(k *Key, caller Caller) {
	k.Name, k.Description, k.Owner, k.Labels = n.Name, n.Description, n.Owner, n.Labels
	k.Role, k.Pool, k.Endpoints, k.AllowedCIDRs = n.Role, n.Pool, n.Endpoints, n.AllowedCIDRs
	k.Tenants, k.Limits = n.Tenants, n.Limits
	if k.Owner == "" {
		k.Owner = defaultOwner(caller)
	}
}

// Mistakes returns what is wrong with the texts of n, for every caller and under
// every policy. Create says the same.
func (n NewKey) Mistakes() []FieldError {
	var wrong Mistakes
	n.normalize(&wrong)
	return wrong
}

func (n *NewKey) normalize(wrong *Mistakes) {
	var err error
	n.Name, err = checkName(n.Name)
	wrong.AddError("name", err)
	n.Description, err = checkDescription(n.Description)
	wrong.AddError("description", err)
	if n.Pool != "" {
		wrong.AddError("pool", CheckPoolName(n.Pool))
	}
	n.Owner, err = checkOwner(n.Owner)
	wrong.AddError("owner", err)
	n.Labels, err = ParseLabels(n.Labels)
	wrong.AddError("labels", err)
	n.Endpoints, err = normalEndpoints(n.Endpoints, MaxEndpoints)
	wrong.AddError("endpoints", err)
	n.Tenants, err = ParseTenants(n.Tenants)
	wrong.AddError("tenants", err)
	wrong.addLimits(n.Limits)
}

func checkIssuable(wrong *Mistakes, p Policy, r Role) {
	if roles := p.IssuableRoles(); r != RoleNone && !slices.Contains(roles, r) {
		names := make([]string, len(roles))
		for i, r := range roles {
			names[i] = r.String()
		}
		wrong.Add("role", "the policy of this organization does not allow new %s keys; it allows %s", r,
			strings.Join(names, ", "))
	}
}

// newKey makes an enabled key that has one token and no properties yet.
func (s *Service) newKey(caller Caller, now time.Time) *Issued {
	secret, t := s.mint(caller, now)
	return &Issued{Token: secret,
		Key: &Key{ID: t.ID, OrgID: caller.OrgID, Enabled: true, CreatedAt: now, CreatedBy: caller.Login,
			Tokens: []Token{t}}}
}

// mint makes a token, and what is kept of it.
func (s *Service) mint(caller Caller, now time.Time) (secret string, t Token) {
	secret, id := NewToken()
	pepper := s.peppers.Current()
	return secret, Token{
		ID: id.String(), Hint: Hint(secret), CreatedAt: now, CreatedBy: caller.Login, Digest: pepper.Digest(secret),
		PepperID: pepper.ID(),
	}
}

// markIssued notes the kinds of a key, one for each endpoint that it names.
func markIssued(ctx context.Context, tx Tx, k *Key) error {
	endpoints := k.Endpoints
	if len(endpoints) == 0 {
		endpoints = []string{""}
	}
	for _, e := range endpoints {
		if err := tx.MarkIssued(ctx, Grant{OrgID: k.OrgID, Role: k.Role, Pool: k.Pool, Endpoint: e}); err != nil {
			return err
		}
	}
	return nil
}

// Key returns one key.
func (s *Service) Key(ctx context.Context, id string) (*Key, error) {
	caller, err := Manager(ctx)
	if err != nil {
		return nil, err
	}
	return s.store.Key(ctx, caller.OrgID, id)
}

// Lookup returns a key of the caller's organization whose token has just been
// verified, which any signed-in caller may do.
func (s *Service) Lookup(ctx context.Context, id ID) (*Key, error) {
	caller, err := SignedIn(ctx)
	if err != nil {
		return nil, err
	}
	return s.store.Key(ctx, caller.OrgID, id.String())
}

// Keys returns a page of the organization's keys, and the position of its
// last key if there may be more. The caller's organization and the time are
// filled in here.
func (s *Service) Keys(ctx context.Context, q Query) (keys []*Key, next *Position, err error) {
	if q, err = s.complete(ctx, q); err != nil {
		return nil, nil, err
	}
	limit := q.Limit
	q.Limit++ // one more shows whether there is a next page
	keys, err = s.store.Keys(ctx, q)
	if err != nil || len(keys) <= limit {
		return keys, nil, err
	}
	keys = keys[:limit]
	last := PositionOf(keys[limit-1], q.Sort)
	return keys, &last, nil
}

// CountKeys returns how many keys of the organization q describes.
func (s *Service) CountKeys(ctx context.Context, q Query) (int64, error) {
	q, err := s.complete(ctx, q)
	if err != nil {
		return 0, err
	}
	return s.store.CountKeys(ctx, q)
}

func (s *Service) complete(ctx context.Context, q Query) (Query, error) {
	caller, err := Manager(ctx)
	if err != nil {
		return q, err
	}
	var wrong Mistakes
	if q.Sort == "" {
		q.Sort = SortName
	}
	if _, err := ParseSort(string(q.Sort)); err != nil {
		wrong.AddError("sort", err)
	}
	checkPageSize(&wrong, &q.Limit)
	q.Search = Normal(q.Search)
	for i := range q.Without {
		q.Without[i].Search = Normal(q.Without[i].Search)
	}
	q.OrgID, q.Now = caller.OrgID, s.Now()
	return q, wrong.Err()
}

func checkPageSize(wrong *Mistakes, limit *int) {
	if *limit == 0 {
		*limit = DefaultPageSize
	}
	if *limit < 1 || *limit > MaxPageSize {
		wrong.Add("limit", "must be 1 to %d", MaxPageSize)
	}
}

// Update is a change to a key; nil fields stay as they are.
type Update struct {
	Name         *string
	Description  *string
	Owner        *string
	Labels       *map[string]string // all of them
	Role         *Role
	Pool         *string
	Enabled      *bool
	DisabledFor  time.Duration // with Enabled false: enable it again after this; 0 = not by itself
	Endpoints    *[]string
	AllowedCIDRs *[]netip.Prefix
	Tenants      *[]string
	Limits       *Limits
	Lifetime     Lifetime
}

// harmless reports whether the change is to who a key is, and to nothing that it may do.
func (u Update) harmless() bool {
	u.Name, u.Description, u.Owner, u.Labels = nil, nil, nil, nil
	return u == Update{}
}

// Update changes a key. Force allows a change that leaves nobody who could
// manage.
func (s *Service) Update(ctx context.Context, id string, u Update, force bool) (*Key, error) {
	return s.change(ctx, id, force, func(caller Caller, k *Key, now time.Time) (Action, AuditData, error) {
		before := k.Clone()
		var policy Policy
		if u.Role != nil || u.Lifetime.Given() {
			var err error
			if policy, err = s.issuing(ctx, caller.OrgID); err != nil {
				return "", AuditData{}, err
			}
		}
		if err := u.apply(k, policy, now); err != nil {
			return "", AuditData{}, err
		}
		data := AuditData{Changes: changes(before, k)}
		switch {
		case len(data.Changes) == 0:
			return "", data, nil
		case !onlyAbout(data.Changes, "enabled", "disabledUntil"):
			return ActionUpdate, data, nil
		case k.Enabled:
			return ActionEnable, data, nil
		}
		return ActionDisable, data, nil
	})
}

func (u Update) apply(k *Key, policy Policy, now time.Time) error {
	var wrong Mistakes
	var err error
	if !k.RevokedAt.IsZero() && !u.harmless() {
		return errRevoked()
	}
	if u.Name != nil {
		k.Name, err = checkName(*u.Name)
		wrong.AddError("name", err)
	}
	if u.Description != nil {
		k.Description, err = checkDescription(*u.Description)
		wrong.AddError("description", err)
	}
	if u.Role != nil && *u.Role != k.Role {
		if k.Role = *u.Role; k.Role == RoleNone {
			wrong.Add("role", "must not be empty; use Admin, Editor, Viewer or Agent")
		}
		checkIssuable(&wrong, policy, k.Role)
	}
	if u.Owner != nil {
		k.Owner, err = checkOwner(*u.Owner)
		wrong.AddError("owner", err)
	}
	if u.Labels != nil {
		k.Labels, err = ParseLabels(*u.Labels)
		wrong.AddError("labels", err)
	}
	if u.Pool != nil {
		if k.Pool = *u.Pool; k.Pool != "" {
			wrong.AddError("pool", CheckPoolName(k.Pool))
		}
	}
	u.switchOnOff(k, &wrong, now)
	if u.Endpoints != nil {
		k.Endpoints, err = normalEndpoints(*u.Endpoints, MaxEndpoints)
		wrong.AddError("endpoints", err)
	}
	if u.AllowedCIDRs != nil {
		k.AllowedCIDRs = *u.AllowedCIDRs
	}
	if u.Tenants != nil {
		k.Tenants, err = ParseTenants(*u.Tenants)
		wrong.AddError("tenants", err)
	}
	if u.Limits != nil {
		k.Limits = *u.Limits
		wrong.addLimits(k.Limits)
	}
	if u.Lifetime.Given() {
		k.ExpiresAt, err = policy.expiry(u.Lifetime, now)
		wrong.AddError("expiresAt", err)
	}
	return wrong.Err()
}

// switchOnOff enables or disables a key, for a while if that is asked for.
func (u Update) switchOnOff(k *Key, wrong *Mistakes, now time.Time) {
	switch {
	case u.DisabledFor != 0 && (u.Enabled == nil || *u.Enabled):
		wrong.Add("disabledFor", `goes with "enabled": false; the key is enabled again after it`)
	case u.DisabledFor < 0 || u.DisabledFor > MaxTTL:
		wrong.Add("disabledFor", `must be a time such as "60s" or "1h", at most 100 years`)
	case u.Enabled != nil:
		k.Enabled, k.DisabledUntil = *u.Enabled, time.Time{}
		if u.DisabledFor > 0 {
			k.DisabledUntil = now.Add(u.DisabledFor).Truncate(TimeUnit)
		}
	}
}

// onlyAbout reports whether all changes are to some fields.
func onlyAbout(changes []FieldChange, fields ...string) bool {
	return !slices.ContainsFunc(changes, func(c FieldChange) bool { return !slices.Contains(fields, c.Field) })
}

// change reads a key, lets edit change it, and writes it back with an audit
// entry, all in one transaction. An empty action means that nothing changed.
func (s *Service) change(
	ctx context.Context, id string, force bool, edit func(Caller, *Key, time.Time) (Action, AuditData, error),
) (*Key, error) {
	caller, err := Manager(ctx)
	if err != nil {
		return nil, err
	}
	var k *Key
	err = s.write(ctx, func(tx Tx) error {
		now := s.Now()
		if k, err = tx.Key(ctx, caller.OrgID, id); err != nil {
			return err
		}
		k.wake(now)
		was := k.Clone()
		action, data, err := edit(caller, k, now)
		if err != nil || action == "" {
			return err
		}
		if err := s.keepAdmin(ctx, tx, was, k, now, force); err != nil {
			return err
		}
		if !was.usable(now) || was.Pool != k.Pool {
			if err := needPool(ctx, tx, caller, k, now); err != nil {
				return err
			}
		}
		if err := tx.Update(ctx, k); err != nil {
			return err
		}
		if was.Role != k.Role || was.Pool != k.Pool || !slices.Equal(was.Endpoints, k.Endpoints) {
			if err := markIssued(ctx, tx, k); err != nil {
				return err
			}
		}
		if err := s.tellOfAdmin(ctx, tx, caller, was, k, now); err != nil {
			return err
		}
		if action == ActionLeak {
			h := Happening{Event: EventLeaked, OrgID: k.OrgID, At: now, Key: k, Actor: caller.Login,
				TokenID: data.TokenID, Where: data.Where}
			if caller.Addr.IsValid() {
				h.From = caller.Addr.String()
			}
			if err := s.tell(ctx, tx, h); err != nil {
				return err
			}
		}
		return tx.AppendAudit(ctx, entry(caller, now, action, k, data))
	})
	if err != nil {
		return nil, err
	}
	return k, nil
}

// Audit returns a page of the audit trail, and the cursor of the next page or
// 0.
func (s *Service) Audit(ctx context.Context, q AuditQuery) (entries []AuditEntry, next int64, err error) {
	caller, err := Manager(ctx)
	if err != nil {
		return nil, 0, err
	}
	var wrong Mistakes
	checkPageSize(&wrong, &q.Limit)
	if err := wrong.Err(); err != nil {
		return nil, 0, err
	}
	q.OrgID, q.System, q.Search = caller.OrgID, caller.OrgID == mainOrg, Normal(q.Search)
	limit := q.Limit
	q.Limit++
	entries, err = s.store.Audit(ctx, q)
	if err != nil || len(entries) <= limit {
		return entries, 0, err
	}
	return entries[:limit], entries[limit-1].ID, nil
}

// Policy returns the limits in force for the caller's organization.
func (s *Service) Policy(ctx context.Context) (Policy, error) {
	caller, err := SignedIn(ctx)
	if err != nil {
		return Policy{}, err
	}
	return s.policy(ctx, caller.OrgID)
}

// Bootstrap makes an Admin key that never expires, as far as the policy
// allows, for the first start and for who lost the last one. Such a key
// is not noted as issued: it is there for managing, not for an endpoint.
// With onlyFirst it returns nil if the organization ever had a key.
func (s *Service) Bootstrap(ctx context.Context, orgID int64, onlyFirst bool) (*Issued, error) {
	caller := Caller{OrgID: orgID, Login: "ostiary", Role: RoleAdmin}
	policy, err := s.policy(ctx, orgID)
	if err != nil {
		return nil, err
	}
	var issued *Issued
	err = s.write(ctx, func(tx Tx) error {
		now := s.Now()
		if onlyFirst {
			untouched, err := tx.Untouched(ctx, orgID)
			if err != nil || !untouched {
				return err
			}
		}
		issued = s.newKey(caller, now)
		k := issued.Key
		k.Name = fmt.Sprintf("admin-%s", k.ID)
		k.Description = "Made by the server for managing keys."
		k.Role = RoleAdmin
		if policy.MaxTTL > 0 {
			k.ExpiresAt = now.Add(policy.MaxTTL)
		}
		if err := tx.Insert(ctx, k); err != nil {
			return err
		}
		if err := s.tellOfAdmin(ctx, tx, caller, nil, k, now); err != nil {
			return err
		}
		return tx.AppendAudit(ctx, entry(caller, now, ActionCreate, k, made(k)))
	})
	if err != nil {
		return nil, err
	}
	return issued, nil
}

// marking is a transaction in which every key is written under its mark. A key
// whose mark is wrong cannot be written: that would bless what somebody else put
// into the store.
type marking struct {
	Tx
	peppers    *Peppers
	distrusted map[string]struct{} // keys that were read
	written    map[string]Digest   // the marks that were given: by the key's id, and of a setting by none
	values     map[string]string   // of a setting that was put: by no id
}

// Insert is like Tx.Insert.
func (m marking) Insert(ctx context.Context, k *Key) error {
	m.mark(k)
	return m.Tx.Insert(ctx, k)
}

// Update is like Tx.Update.
func (m marking) Update(ctx context.Context, k *Key) error {
	_, distrusted := m.distrusted[k.ID]
	if _, written := m.written[k.ID]; !written && !distrusted {
		outdated, err := m.Outdated(ctx, []string{k.ID})
		if err != nil {
			return err
		}
		distrusted = len(outdated) > 0
	}
	if distrusted {
		return Errorf(CodeConflict,
			"The key %q was changed in the key store by something else than Ostiary, so it is denied. Delete it, and find out who can write to the store.", k.ID)
	}
	m.mark(k)
	return m.Tx.Update(ctx, k)
}

// Key is like Tx.Key.
func (m marking) Key(ctx context.Context, orgID int64, id string) (*Key, error) {
	k, err := m.Tx.Key(ctx, orgID, id)
	if err == nil {
		m.look(k)
	}
	return k, err
}

// AnyKey is like Tx.AnyKey.
func (m marking) AnyKey(ctx context.Context, id string) (*Key, error) {
	k, err := m.Tx.AnyKey(ctx, id)
	if err == nil {
		m.look(k)
	}
	return k, err
}

// PoolKeys is like Tx.PoolKeys.
func (m marking) PoolKeys(ctx context.Context, orgID int64, pool string, after int64, limit int) ([]*Key, error) {
	keys, err := m.Tx.PoolKeys(ctx, orgID, pool, after, limit)
	for _, k := range keys {
		m.look(k)
	}
	return keys, err
}

// look notes a key that is not as it was written.
func (m marking) look(k *Key) {
	if r := k.Record(); m.peppers.Trust(&r) != Genuine {
		m.distrusted[k.ID] = struct{}{}
	}
}

func (m marking) mark(k *Key) {
	r := k.Record()
	k.Mark = m.peppers.Mark(&r)
	m.written[k.ID] = k.Mark.Sum
}

// PutSetting is like Tx.PutSetting.
func (m marking) PutSetting(ctx context.Context, s *Setting) error {
	m.peppers.MarkSetting(s)
	m.written[""], m.values[""] = s.Mark.Sum, s.Value
	return m.Tx.PutSetting(ctx, s)
}

// DeleteSetting is like Tx.DeleteSetting. Its entry names a mark that none has.
func (m marking) DeleteSetting(ctx context.Context, s *Setting) error {
	m.written[""] = Digest{}
	delete(m.values, "")
	return m.Tx.DeleteSetting(ctx, s)
}

// transact commits fn's changes.
func (s *Service) transact(ctx context.Context, fn func(Tx) error) error {
	return s.store.Write(ctx, func(tx Tx) error {
		return fn(marking{Tx: tx, peppers: s.peppers, distrusted: map[string]struct{}{},
			written: map[string]Digest{}, values: map[string]string{}})
	})
}

// write commits fn's changes and lets the process's replica catch up.
func (s *Service) write(ctx context.Context, fn func(Tx) error) error {
	if err := s.transact(ctx, fn); err != nil {
		return err
	}
	// The change is done, so a caller that hangs up must not keep it from the
	// replica.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := s.opts.Changed(ctx); err != nil {
		return &Error{
			Code:    CodeUnavailable,
			Message: "The change is stored, but this server could not read it back yet. Look at the key again before you repeat the change.",
			Cause:   err,
		}
	}
	return nil
}

func entry(c Caller, now time.Time, action Action, k *Key, data AuditData) *AuditEntry {
	e := &AuditEntry{OrgID: c.OrgID, At: now, Actor: c.Login, Action: action, KeyID: k.ID, KeyName: k.Name,
		AuditData: data}
	if c.Addr.IsValid() {
		e.From = c.Addr.String()
	}
	return e
}
