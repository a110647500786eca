package apikey

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// TimeUnit is the precision of stored times.
const TimeUnit = time.Millisecond

// Store keeps keys, their audit trail and their usage. Package storetest
// holds the suite that every Store passes.
//
// Every method may be called from several goroutines and from several
// processes on the same data at once. A store that cannot be reached answers
// with an Error of CodeUnavailable.
type Store interface {
	Feed

	// Key returns one key of an organization, with its usage, or an Error of
	// CodeNotFound.
	Key(ctx context.Context, orgID int64, id string) (*Key, error)

	// KeysByID returns the keys of an organization with some identifiers, with their usage, in any order. One that is
	// not there is left out.
	KeysByID(ctx context.Context, orgID int64, ids []string) ([]*Key, error)

	// Keys returns the keys that q describes, in its order, with their usage:
	// q.Limit at the most.
	Keys(ctx context.Context, q Query) ([]*Key, error)

	// CountKeys returns how many keys q describes; its limit and position do not
	// matter.
	CountKeys(ctx context.Context, q Query) (int64, error)

	// Pools returns all agent pools of an organization by name, each with how
	// many keys it has in each state at now.
	Pools(ctx context.Context, orgID int64, now time.Time) ([]Pool, error)

	// Audit returns entries of the audit trail, the newest first.
	Audit(ctx context.Context, q AuditQuery) ([]AuditEntry, error)

	// Trail returns entries of all organizations with a number above after, the oldest first, as they stand there.
	Trail(ctx context.Context, after int64, limit int) ([]TrailEntry, error)

	// TrailHead returns the end of the audit trail.
	TrailHead(ctx context.Context) (TrailHead, error)

	// Unchained returns the number of the first entry that has no link, or 0.
	Unchained(ctx context.Context) (int64, error)

	// TrailTargets returns the targets that the trail was ever delivered to.
	TrailTargets(ctx context.Context) ([]TrailTarget, error)

	// LeaseTrail lets a server alone deliver to a target until a moment, unless another does now. It returns how far
	// the target is. A target that was never delivered to is at 0.
	LeaseTrail(ctx context.Context, name, holder string, now, until time.Time) (position int64, leased bool, err error)

	// MoveTrail notes that a target has the trail up to a number, and until when the server goes on to deliver; a
	// moment in the past lets others. It reports whether the server still had the right to.
	MoveTrail(ctx context.Context, name, holder string, position int64, until time.Time) (bool, error)

	// ForgetTombstones removes what is left of keys that were deleted before a moment, limit of them at the most, and
	// returns how many. A replica that has not seen them yet has to load all keys again: see Feed.Changes.
	ForgetTombstones(ctx context.Context, before time.Time, limit int) (removed int64, err error)

	// Write runs fn in one transaction: all of its changes become durable
	// before Write returns nil, or none does. Transactions that change keys
	// run one after the other. fn may run more than once and must have no
	// other effects; an error of fn comes back unchanged.
	Write(ctx context.Context, fn func(Tx) error) error

	// RecordUsage adds to the usage of keys, in all and on its day, and of their
	// tokens, to what their clients did, to the counts by the hour and to those
	// of rules, in one transaction that is apart from the change feed. Keys and
	// tokens that are gone are passed over. Of a key's clients, MaxClients stay:
	// those that were seen last. Of a key's day, MaxRulesOfKey rules are told
	// apart; what comes on top counts for the endpoint alone, or for none.
	RecordUsage(ctx context.Context, batch UsageBatch) error

	// RecordLate notes when keys last came after their ends, which only moves
	// forward, apart from the change feed. Keys that are gone are passed over.
	RecordLate(ctx context.Context, late []Late) error

	// UsageByDay returns on which days from one to another, both included, a
	// key of an organization was used, the oldest first. Days without use are
	// left out. A key that is not there is an Error of CodeNotFound.
	UsageByDay(ctx context.Context, orgID int64, id string, from, to Day) ([]DayUsage, error)

	// UsageOfKeys is UsageByDay of several keys, by their ids. Keys that are not
	// there are left out.
	UsageOfKeys(ctx context.Context, orgID int64, ids []string, from, to Day) (map[string][]DayUsage, error)

	// Clients returns who sent the tokens of a key of an organization from a
	// moment on, the newest first. A key that is not there is an Error of
	// CodeNotFound.
	Clients(ctx context.Context, orgID int64, id string, since time.Time) ([]Client, error)

	// RuleUses returns where a key of an organization was sent on the days from one to another, both included, in any
	// order. A key that is not there is an Error of CodeNotFound.
	RuleUses(ctx context.Context, orgID int64, id string, from, to Day) ([]RuleUse, error)

	// UsedRules returns the rules of an endpoint by which any key was let in on a day or later.
	UsedRules(ctx context.Context, endpoint string, since Day) ([]Rule, error)

	// RuleUsers returns the keys of an organization that were let in by some of an endpoint's rules on a day or later,
	// with what was let in by those: those with most requests first, limit at the most.
	RuleUsers(ctx context.Context, orgID int64, rules []Rule, since Day, limit int) ([]RuleUser, error)

	// ForgetRules removes the use of rules from before a day, and the oldest days of what is more than keep; limit
	// entries at the most. It removes rules of which there is no use. It returns how many entries it removed.
	ForgetRules(ctx context.Context, before Day, keep, limit int) (removed int64, err error)

	// ForgetClients removes clients that were last seen before a day, limit at
	// the most, and returns how many it removed.
	ForgetClients(ctx context.Context, before Day, limit int) (removed int64, err error)

	// Hours returns counts in any order: those of all endpoints together by the
	// hour, and those of all hours together by the endpoint.
	Hours(ctx context.Context, q HourQuery) (hours, endpoints []HourCount, err error)

	// ForgetHours removes counts from before an hour, and what MostUsed knows of
	// days before it: limit entries of each at the most. It returns how many it
	// removed of what it removed more of.
	ForgetHours(ctx context.Context, before Hour, limit int) (removed int64, err error)

	// KeyCounts counts an organization's keys.
	KeyCounts(ctx context.Context, q CountKeysQuery) (KeyCounts, error)

	// Ending returns an organization's keys that are active and end before
	// q.EndsBefore, the next first: limit at the most.
	Ending(ctx context.Context, q CountKeysQuery, limit int) ([]KeyEnd, error)

	// MostUsed returns the keys of an organization that were sent most often on
	// the days from one to another, both included: limit at the most. It finds
	// them among those that were so on one of the days.
	MostUsed(ctx context.Context, orgID int64, from, to Day, limit int) ([]KeyNumbers, error)

	// CountDenials returns how many requests with tokens of a key of an
	// organization were refused with each code from a moment on, as far as
	// they are kept.
	CountDenials(ctx context.Context, orgID int64, keyID string, since time.Time) (map[Code]int64, error)

	// ForgetUsage removes the use by day from before a day, limit entries at the
	// most, and returns how many it removed. What is kept of each key in all
	// stays.
	ForgetUsage(ctx context.Context, before Day, limit int) (removed int64, err error)

	// ShareLimits keeps what a server says of its use of limits, in place of what it said before, and returns what the
	// others said. Keys that are gone are passed over.
	ShareLimits(ctx context.Context, report LimitReport) (SharedLimits, error)

	// LimitCounts calls fn with what all servers together said that they let in on a day.
	LimitCounts(ctx context.Context, day Day, fn func(id ID, scope string, n LimitCount)) error

	// SettleLimits removes what servers that are gone said, all that are or the one with a name, but keeps what they
	// let in today. It removes what was said of other days.
	SettleLimits(ctx context.Context, today Day, server string) error

	// RecordDenials keeps refused requests, in one transaction that is apart
	// from the change feed. Their IDs do not count: the store gives them.
	RecordDenials(ctx context.Context, denials []Denial) error

	// Denials returns refused requests, the newest first: by time, and by ID if they are of one.
	Denials(ctx context.Context, q DenialQuery) ([]Denial, error)

	// ForgetDenials removes refused requests from before a moment, and the
	// oldest of an organization that has more than keep; limit of them at the
	// most. It returns how many it removed.
	ForgetDenials(ctx context.Context, before time.Time, keep, limit int) (removed int64, err error)

	// Notices returns notices, the newest first.
	Notices(ctx context.Context, q NoticeQuery) ([]Notice, error)

	// ClaimNotices returns notices that are due, and keeps them from others
	// for a while.
	ClaimNotices(ctx context.Context, c NoticeClaim) ([]Notice, error)

	// SettleNotices writes how attempts to deliver ended: State, Attempts,
	// Since, NextAt, DeliveredAt, Lasts and Error. Those that server no longer
	// holds are left alone, but for those that were delivered.
	SettleNotices(ctx context.Context, server string, notices []Notice) error

	// RetryNotice makes a notice of an organization due again, with a new day
	// for attempts, or reports an Error of CodeNotFound. Server lets it be one
	// of the server itself.
	RetryNotice(ctx context.Context, orgID int64, server bool, id string, now time.Time) (*Notice, error)

	// ForgetNotices removes old notices, with the notes about what is long
	// over. It returns how many it removed, and how many of those nobody had
	// delivered yet.
	ForgetNotices(ctx context.Context, c NoticeCleanup) (removed, unsent int64, err error)

	// EndingKeys returns keys of all organizations that end by themselves
	// after one moment and not after another, and are not revoked, by number:
	// those with one above after, limit at the most.
	EndingKeys(ctx context.Context, from, to time.Time, after int64, limit int) ([]*Key, error)

	// UnusedKeys returns keys of all organizations that are active at now and
	// were neither made nor used since a moment, by number as EndingKeys does.
	UnusedKeys(ctx context.Context, now, since time.Time, after int64, limit int) ([]*Key, error)

	// OverlappingKeys returns keys of all organizations of which a token was
	// given an end that is yet to come, and was used, by number as EndingKeys
	// does.
	OverlappingKeys(ctx context.Context, now time.Time, after int64, limit int) ([]*Key, error)

	// Unmarked returns the records of keys that have no mark: limit keys at the
	// most.
	Unmarked(ctx context.Context, limit int) ([]Record, error)

	// Peppers returns the checks of all peppers that keys were made with.
	Peppers(ctx context.Context) ([]PepperCheck, error)

	// Ping reports whether the store can be read now.
	Ping(ctx context.Context) error

	// Engine names the engine and its version, for health reports.
	Engine() string

	// Close ends all use. It waits for transactions that run.
	Close() error
}

// Tx is what a transaction may do.
type Tx interface {
	// Key is like Store.Key. The key does not change until the transaction
	// ends.
	Key(ctx context.Context, orgID int64, id string) (*Key, error)

	// AnyKey is like Key, for a key of whichever organization.
	AnyKey(ctx context.Context, id string) (*Key, error)

	// Insert adds a key with its tokens and sets its Number and Seq. A name
	// that another key of the organization has is an Error of
	// CodeDuplicateName.
	Insert(ctx context.Context, k *Key) error

	// Update writes all of a key but ID, Number, OrgID and usage, and sets
	// its Seq. Tokens that the key has no longer are gone with their usage.
	// Names are as with Insert.
	Update(ctx context.Context, k *Key) error

	// SetMarks writes the marks of records, if their keys have none yet, as
	// changes of the feed.
	SetMarks(ctx context.Context, records []Record) error

	// Delete removes a key with its tokens and all of their usage and leaves a
	// tombstone in the feed. The audit trail stays.
	Delete(ctx context.Context, k *Key) error

	// OtherUsableAdmin reports whether the organization has a key, other than
	// the one with id, that has UsableAdmin now, and at a later moment still if
	// nobody changes it.
	OtherUsableAdmin(ctx context.Context, orgID int64, id string, now, at time.Time) (bool, error)

	// Untouched reports whether the organization has no key and no audit
	// entry of a change, which means that it never had a key.
	Untouched(ctx context.Context, orgID int64) (bool, error)

	// AddPool adds an agent pool, without its Keys. It reports whether there
	// was none of that name, and otherwise changes nothing.
	AddPool(ctx context.Context, p *Pool) (added bool, err error)

	// DeletePool removes an agent pool, or reports an Error of CodeNotFound.
	// Keys stay as they are.
	DeletePool(ctx context.Context, orgID int64, name string) error

	// PoolKeys returns the keys of an agent pool that have a number above
	// after, with their usage, by number: limit keys at the most. They do not
	// change until the transaction ends.
	PoolKeys(ctx context.Context, orgID int64, pool string, after int64, limit int) ([]*Key, error)

	// AppendAudit adds an entry behind the head of the audit trail, with its Link, and sets its ID.
	AppendAudit(ctx context.Context, e *AuditEntry) error

	// AddNotices adds notices to those that are to be delivered. One whose ID
	// is there is left alone.
	AddNotices(ctx context.Context, notices []Notice) error

	// Noted returns what was last noted of a kind about a key, with which
	// notices tell what is new; empty if nothing was. An empty key is the
	// server itself.
	Noted(ctx context.Context, keyID, kind string) (string, error)

	// Note notes something about a key in place of what was noted before. It
	// is gone with the key. What is noted about no key is gone after
	// NoticeRetention.
	Note(ctx context.Context, keyID, kind, value string, now time.Time) error

	// Outdated is like Feed.Outdated.
	Outdated(ctx context.Context, ids []string) ([]string, error)

	// TrailHead is like Store.TrailHead. It does not change until the transaction ends or appends.
	TrailHead(ctx context.Context) (TrailHead, error)

	// Trail is like Store.Trail.
	Trail(ctx context.Context, after int64, limit int) ([]TrailEntry, error)

	// Unchained is like Store.Unchained.
	Unchained(ctx context.Context) (int64, error)

	// SetLinks writes the links of entries, and makes the last one the head if it is.
	SetLinks(ctx context.Context, entries []TrailEntry) error

	// RemoveTrail removes the entries up to a number.
	RemoveTrail(ctx context.Context, upTo int64) error

	// MarkIssued notes for ever that a key of this kind was issued. It is not
	// an error if it was noted before.
	MarkIssued(ctx context.Context, g Grant) error

	// MarkImported notes for ever that a key of another system was taken over.
	// It reports whether that was not noted before. Mark is what the importer
	// distinguishes keys by.
	MarkImported(ctx context.Context, orgID int64, mark string) (first bool, err error)

	// AddPepper notes a pepper. It is not an error if the same is there; one
	// with the same id and another check is.
	AddPepper(ctx context.Context, c PepperCheck) error

	// Peppers is like Store.Peppers.
	Peppers(ctx context.Context) ([]PepperCheck, error)

	// Settings returns the settings of all organizations, in the order of CompareSettings, with whether they are
	// Outdated. They do not change until the transaction ends.
	Settings(ctx context.Context) ([]Setting, error)

	// PutSetting writes a setting, in place of the one that is there, as a change of the feed.
	PutSetting(ctx context.Context, s *Setting) error

	// DeleteSetting removes a setting, of which only what identifies it counts, as a change of the feed. It is no error
	// if there is none.
	DeleteSetting(ctx context.Context, s *Setting) error
}

// Feed is what a replica follows: see package verify.
//
// Every change to a key raises one counter in the change's own transaction
// and is written with that number, the Seq. So numbers become visible in
// their order, and a reader that has seen all up to n misses nothing by asking
// for what comes after n.
type Feed interface {
	// Load calls fn with the record of every key of a scope, in batches, in
	// any order and perhaps from several goroutines at once. It returns a
	// number such that Changes after it brings all that Load may have missed.
	Load(ctx context.Context, scope Scope, fn func([]Record)) (seq int64, err error)

	// Changes returns what changed after seq to any key, in order, limit entries at the
	// most, and the newest number that there is. A head below seq means that
	// the store went back in time, as after a restore, or that it no longer
	// knows which keys were deleted since; the replica must load all keys again.
	Changes(ctx context.Context, seq int64, limit int) (changes []Change, head int64, err error)

	// Outdated returns which of some keys, or of all if ids is nil, are older
	// in the store than the audit trail says: see Outdated.
	Outdated(ctx context.Context, ids []string) ([]string, error)

	// Issued returns the kinds of keys that were ever issued.
	Issued(ctx context.Context) ([]Grant, error)

	// Settings returns a text that is another one whenever a setting is, also by the hand of something else, and, if
	// that is not since, the settings of all organizations, in the order of CompareSettings, with those that are Gone
	// and what is Known of them.
	Settings(ctx context.Context, since string) (list []Setting, state string, err error)

	// Watch calls wake whenever another process may have changed something,
	// until ctx ends. It may wake for nothing; a replica that is never woken
	// still asks by itself now and then.
	Watch(ctx context.Context, wake func()) error
}

// Scope says which keys a replica holds: those of some organizations, of some
// pools, or of some pools of some organizations. The zero Scope is all keys.
type Scope struct {
	OrgIDs []int64
	Pools  []string
}

// Holds reports whether a key is in the scope.
func (s Scope) Holds(r *Record) bool {
	return (len(s.OrgIDs) == 0 || slices.Contains(s.OrgIDs, r.OrgID)) &&
		(len(s.Pools) == 0 || slices.Contains(s.Pools, r.Pool))
}

// Record is what a decision needs of a key.
type Record struct {
	ID           ID
	OrgID        int64
	Name         string
	Role         Role
	Owner        string
	Labels       map[string]string
	Pool         string
	Endpoints    []string
	AllowedCIDRs []netip.Prefix
	Tenants      []string
	Limits       Limits
	Enabled      bool
	// DisabledUntil is when a key that is not Enabled is so again; zero = never by itself.
	DisabledUntil time.Time
	Revoked       bool
	ExpiresAt     time.Time // zero = never
	Tokens        []TokenRecord
	Mark          Mark
	Seq           int64
}

// TokenRecord is what a decision needs of a token.
type TokenRecord struct {
	ID        ID
	Digest    Digest
	PepperID  string
	ExpiresAt time.Time // its own end; zero = that of its key
	Revoked   bool
	Origin    *Origin // nil for most tokens
}

// Change is an entry of the change feed.
type Change struct {
	Record  Record // of a deleted key: ID and Seq alone
	Deleted bool
}

// Grant is a kind of key: what it may be used for. Once a key of a kind was
// issued, it stays on record, also when the key is gone.
type Grant struct {
	OrgID    int64
	Role     Role
	Pool     string
	Endpoint string // empty = every endpoint
}

// Sort orders of Query, ascending. Keys without a value come last in either
// direction, and keys with equal values are in the order of their numbers.
type Sort string

// The sort orders.
const (
	SortName       Sort = "name" // without regard to case
	SortNumber     Sort = "number"
	SortCreatedAt  Sort = "createdAt"
	SortExpiresAt  Sort = "expiresAt"
	SortLastUsedAt Sort = "lastUsedAt"
)

// Sorts lists the sort orders.
func Sorts() []Sort {
	return []Sort{SortName, SortNumber, SortCreatedAt, SortExpiresAt, SortLastUsedAt}
}

// ParseSort reads the name of a sort order.
func ParseSort(s string) (Sort, error) {
	if sort := Sort(s); slices.Contains(Sorts(), sort) {
		return sort, nil
	}
	return "", fmt.Errorf("%q is not a sort order; use name, number, createdAt, expiresAt or lastUsedAt, with a - before it for descending", clip(s))
}

// Query describes a page of an organization's keys.
type Query struct {
	OrgID      int64
	States     []State       // one of which a key is in at Now; none = any
	Roles      []Role        // one of which a key has; none = any
	Pools      []string      // one of which a key belongs to, "" = to none; none = any
	Owners     []string      // one of which a key has, as they are kept; none = any
	Labels     []LabelFilter // all of which a key must have
	Tenants    []string      // all of which a key must name; AnyTenant = those with just that
	Endpoints  []string      // all of which a key is limited to, perhaps with others
	UnusedFor  time.Duration // neither used nor made since this before Now; 0 = any
	NeverUsed  bool          // only keys that were never used
	EndsWithin time.Duration // active, and ends by itself within this from Now; 0 = any
	Search     string        // words that a key must all have, without regard to case and accents: see Keys
	IDs        []string      // like words of Search, but a token's whole id means its key, or one that is named so
	Without    []Query       // keys that one of these describes are left out; nothing but what describes keys counts
	Sort       Sort          // empty = by name
	Descending bool
	After      *Position // nil = from the first
	Limit      int
	Now        time.Time
}

// LabelFilter is a label that a key must have.
type LabelFilter struct {
	Name  string
	Value string // empty = any
}

// Position is the place of a key in an order: the page after it begins behind
// that key, whether or not the key is still there.
type Position struct {
	Name   string    // for SortName
	Time   time.Time // for the orders by time; zero = the key has none
	Number int64
}

// PositionOf returns the position of a key in an order.
func PositionOf(k *Key, sort Sort) Position {
	p := Position{Number: k.Number}
	switch sort {
	case SortCreatedAt:
		p.Time = k.CreatedAt
	case SortExpiresAt:
		p.Time = k.ExpiresAt
	case SortLastUsedAt:
		p.Time = k.Usage.LastAt
	case SortNumber:
	default:
		p.Name = k.Name
	}
	return p
}

// AuditEntry says who did what to which key. It outlives the key.
type AuditEntry struct {
	ID      int64
	OrgID   int64
	At      time.Time
	Actor   string // login or name of the key
	From    string // client address, if known
	Action  Action
	KeyID   string
	KeyName string // at that time
	AuditData
	Link Link // to the entry before; Store.Audit leaves it out
}

// Action is what was done to a key.
type Action string

// The actions. Those on pools, endpoints and the policy have no key.
const (
	ActionCreate     Action = "create"
	ActionUpdate     Action = "update"
	ActionEnable     Action = "enable"
	ActionDisable    Action = "disable"
	ActionRotate     Action = "rotate"
	ActionEndToken   Action = "endToken"
	ActionLeak       Action = "leak" // a token was found in the open, and ended
	ActionRevoke     Action = "revoke"
	ActionDelete     Action = "delete"
	ActionImport     Action = "import"
	ActionAdopt      Action = "adopt" // a key that was taken over was used here for the first time
	ActionCreatePool Action = "createPool"
	ActionDeletePool Action = "deletePool"

	ActionCreateEndpoint Action = "createEndpoint"
	ActionUpdateEndpoint Action = "updateEndpoint"
	ActionDeleteEndpoint Action = "deleteEndpoint"
	ActionUpdatePolicy   Action = "updatePolicy"

	ActionChainTrail Action = "chainTrail" // entries from before there were links were believed
	ActionTrimTrail  Action = "trimTrail"  // old entries were removed: see TrimTrail

	// What changes nothing: see Service.SawCaller.
	ActionSignIn      Action = "signIn"
	ActionRefuse      Action = "refuse"      // a request to manage
	ActionReadClients Action = "readClients" // of a key
	ActionExportAudit Action = "exportAudit"
	ActionExportKeys  Action = "exportKeys"
	ActionBackUp      Action = "backUp"    // the store, into a file
	ActionCopyStore   Action = "copyStore" // into another
	ActionRestore     Action = "restore"   // of a backup, in the place of the store
)

// Actions lists the actions.
func Actions() []Action {
	return []Action{
		ActionCreate, ActionUpdate, ActionEnable, ActionDisable, ActionRotate, ActionEndToken, ActionLeak,
		ActionRevoke, ActionDelete, ActionImport, ActionAdopt, ActionCreatePool, ActionDeletePool, ActionCreateEndpoint,
		ActionUpdateEndpoint, ActionDeleteEndpoint, ActionUpdatePolicy, ActionChainTrail, ActionTrimTrail,
		ActionSignIn, ActionRefuse, ActionReadClients, ActionExportAudit, ActionExportKeys, ActionBackUp,
		ActionCopyStore, ActionRestore,
	}
}

// ParseAction reads the name of an action.
func ParseAction(s string) (Action, error) {
	if action := Action(s); slices.Contains(Actions(), action) {
		return action, nil
	}
	var names []string
	for _, action := range Actions() {
		names = append(names, string(action))
	}
	return "", fmt.Errorf("%q is not an action; use one of %s", clip(s), strings.Join(names, ", "))
}

// AuditQuery describes a page of an organization's audit trail.
type AuditQuery struct {
	OrgID  int64
	System bool      // also entries of no organization: about the trail, the store, and requests of nobody known
	KeyID  string    // empty = all keys
	Action Action    // empty = all actions
	Actor  string    // the whole login or name; empty = everybody
	Since  time.Time // only entries from then on; zero = from the first
	Search string    // words that its texts hold, without regard to case
	Before int64     // only entries with a smaller ID; 0 = from the newest
	Limit  int
}
