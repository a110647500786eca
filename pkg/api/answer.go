package api

import (
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// VerifyResponse says whether a token would be let in.
type VerifyResponse struct {
	Valid  bool   `json:"valid"`
	Code   string `json:"code"`             // "valid", or why not: an apikey.Code
	Reason string `json:"reason,omitempty"` // why not, and what to do, as a sentence for people
	Key    *Key   `json:"key,omitempty"`    // of a valid token

	// Where a request leads that was asked about, and what it takes there: a permission, or none.
	Endpoint   string `json:"endpoint,omitempty"`
	Permission string `json:"permission,omitempty"`
}

// AuditEntry says who did what to which key.
type AuditEntry struct {
	ID      int64         `json:"id"`
	At      time.Time     `json:"at"`
	Actor   string        `json:"actor"` // login or name of the key
	From    string        `json:"from"`  // client address, if known
	Action  apikey.Action `json:"action"`
	KeyID   string        `json:"keyId"`
	KeyName string        `json:"keyName"` // at that time
	apikey.AuditData
}

// AuditList is a page of the audit trail, the newest entry first.
type AuditList struct {
	Entries    []AuditEntry `json:"entries"`
	NextCursor string       `json:"nextCursor"` // empty on the last page
}

// FromAudit describes entries of the audit trail.
func FromAudit(entries []apikey.AuditEntry) []AuditEntry {
	out := make([]AuditEntry, len(entries))
	for i, e := range entries {
		out[i] = AuditEntry{
			ID: e.ID, At: wireTime(e.At), Actor: e.Actor, From: e.From, Action: e.Action,
			KeyID: e.KeyID, KeyName: e.KeyName, AuditData: e.AuditData,
		}
		out[i].Until = wireTime(e.Until)
		if e.Changes == nil {
			out[i].Changes = []apikey.FieldChange{}
		}
	}
	return out
}

// Policy holds the limits in force for new keys, in seconds.
type Policy struct {
	DefaultTTL int64         `json:"defaultTtl"` // 0 = never
	MaxTTL     int64         `json:"maxTtl"`     // 0 = no limit
	Roles      []apikey.Role `json:"roles"`      // that may be issued, the strongest first
	Editable   []string      `json:"editable"`   // names of the fields that the caller may change here
	Offers     Offers        `json:"offers"`
	Problem    string        `json:"problem,omitempty"` // why nothing is issued now, in sentences
}

// Offers are what programs let people choose from by name, in seconds.
type Offers struct {
	Lifetimes []int64 `json:"lifetimes"` // of a new key, as far as the policy allows them
	Overlaps  []int64 `json:"overlaps"`  // of a rotation; 0 = none
	Overlap   int64   `json:"overlap"`   // the one for which none is asked
}

// FromPolicy describes a policy.
func FromPolicy(p apikey.Policy) Policy {
	return Policy{
		DefaultTTL: int64(p.DefaultTTL / time.Second),
		MaxTTL:     int64(p.MaxTTL / time.Second),
		Roles:      p.IssuableRoles(),
		Editable:   []string{},
		Problem:    p.Problem(),
		Offers: Offers{
			Lifetimes: seconds(p.Lifetimes()),
			Overlaps:  seconds(apikey.Overlaps()),
			Overlap:   int64(apikey.DefaultOverlap / time.Second),
		},
	}
}

func seconds(list []time.Duration) []int64 {
	out := make([]int64, len(list))
	for i, d := range list {
		out[i] = int64(d / time.Second)
	}
	return out
}

// Whoami says who the caller is and what the caller may do.
type Whoami struct {
	Login       string      `json:"login"` // or the name of the key
	OrgID       int64       `json:"orgId"`
	Role        apikey.Role `json:"role"`  // empty = none
	KeyID       string      `json:"keyId"` // empty = a person
	Permissions []string    `json:"permissions"`
}

// FromCaller describes a caller.
func FromCaller(c apikey.Caller) Whoami {
	w := Whoami{Login: c.Login, OrgID: c.OrgID, Role: c.Role, KeyID: c.KeyID, Permissions: []string{}}
	for _, p := range apikey.Permissions() {
		if c.Role.Grants(p) {
			w.Permissions = append(w.Permissions, p.String())
		}
	}
	return w
}

// Status is how well something works.
type Status string

// The statuses.
const (
	StatusOK          Status = "ok"
	StatusDegraded    Status = "degraded"    // works, but not all of it
	StatusUnavailable Status = "unavailable" // does not work
)

// Health is the state of a server. What others than managers may know of it, Known and Public say.
type Health struct {
	Status  Status        `json:"status"`
	Version string        `json:"version,omitempty"`
	Store   StoreHealth   `json:"store,omitzero"`
	Replica ReplicaHealth `json:"replica,omitzero"`
	Gate    GateHealth    `json:"gate,omitzero"`
}

// Known is what somebody who is signed in may know of the health: not why the store does not work, which names its host
// and user or its file, nor how many keys all organizations have.
func (h Health) Known() Health {
	h.Store.Error = ""
	h.Replica = ReplicaHealth{}
	return h
}

// Public is what anybody may know of the health.
func (h Health) Public() Health { return Health{Status: h.Status} }

// StoreHealth is the state of the key store.
type StoreHealth struct {
	Engine string `json:"engine"`
	Status Status `json:"status"`
	Error  string `json:"error,omitempty"`
}

// ReplicaHealth is the state of the in-memory replica that decides.
type ReplicaHealth struct {
	Ready      bool    `json:"ready"`
	Keys       int     `json:"keys"`
	Forged     int     `json:"forged"`     // keys and settings in the store that are not as Ostiary wrote them
	LagSeconds float64 `json:"lagSeconds"` // since the change feed was last heard
}

// GateHealth is the state of the gate; an empty Listen means that it is off.
type GateHealth struct {
	Listen string `json:"listen"`
	Status Status `json:"status"`
}
