package apikey

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"time"
)

// AuditData says what exactly was done, as data: a client puts it into words of
// the reader's language. It never holds a secret. This is also how it looks in
// the API and in a store.
type AuditData struct {
	Changes []FieldChange `json:"changes"`           // what a creation set, or an update changed
	TokenID string        `json:"tokenId,omitempty"` // the token that a rotation made, or that was ended
	Until   time.Time     `json:"until,omitzero"`    // how long the other tokens work at the most
	Where   string        `json:"where,omitempty"`   // where a token was found that does not belong there
	State   State         `json:"state,omitempty"`   // what a deleted key was
	Pool    string        `json:"pool,omitempty"`    // the pool that was made or removed
	// the endpoint that was made, changed or removed
	Endpoint  string       `json:"endpoint,omitempty"`
	Origin    *AuditOrigin `json:"origin,omitempty"`    // where an imported key comes from
	Trail     *TrailNote   `json:"trail,omitempty"`     // of the trail's own entries
	Via       string       `json:"via,omitempty"`       // how somebody signed in: key or grafana
	UserAgent string       `json:"userAgent,omitempty"` // the program that did, or was refused
	Code      Code         `json:"code,omitempty"`      // why a request was refused
	Request   string       `json:"request,omitempty"`   // its method and path
	Count     int64        `json:"count,omitempty"`     // how many more were like one before; alone, how many there were
	File      string       `json:"file,omitempty"`      // where a backup or copy went, or came from
	Note      string       `json:"note,omitempty"`      // in words: entries from before they were data

	// In stores alone: the mark that the change gave (see Outdated), what a setting says since, and that one which was
	// removed is forgotten (see Setting).
	Mark      string `json:"-"`
	Value     string `json:"-"`
	Forgotten bool   `json:"-"`
}

// AuditOrigin names a key in the system that it was taken over from.
type AuditOrigin struct {
	System string `json:"system"`
	Number string `json:"number"`
}

// FieldChange says what a field of the API was before and after. A value is
// nil, a bool, an int64, a string or a []string; a time is a string as in
// JSON, and nil if there is none.
type FieldChange struct {
	Field string `json:"field"`
	From  any    `json:"from"`
	To    any    `json:"to"`
}

// UnmarshalJSON reads values as the types that they have here.
func (c *FieldChange) UnmarshalJSON(data []byte) error {
	type plain FieldChange
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode((*plain)(c)); err != nil {
		return err
	}
	c.From, c.To = plainValue(c.From), plainValue(c.To)
	return nil
}

func plainValue(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		return v.String()
	case []any:
		list := make([]string, len(v))
		for i, item := range v {
			list[i] = fmt.Sprint(item)
		}
		return list
	}
	return v
}

// changes says what is different in a key after an update.
func changes(before, after *Key) (list []FieldChange) {
	for _, f := range audited {
		if from, to := f.value(before), f.value(after); !reflect.DeepEqual(from, to) {
			list = append(list, FieldChange{Field: f.name, From: from, To: to})
		}
	}
	return list
}

// made says what a new key was made with: its role, its end, and what is not
// as with every other key.
func made(k *Key) (data AuditData) {
	usual := &Key{Name: k.Name, Owner: k.CreatedBy, Enabled: true}
	for _, f := range audited {
		if to := f.value(k); f.always || !reflect.DeepEqual(f.value(usual), to) {
			data.Changes = append(data.Changes, FieldChange{Field: f.name, To: to})
		}
	}
	return data
}

// audited are the fields of a key whose changes are in the trail.
var audited = []struct {
	name   string
	always bool // of every new key
	value  func(*Key) any
}{
	{"name", false, func(k *Key) any { return k.Name }},
	{"description", false, func(k *Key) any { return k.Description }},
	{"owner", false, func(k *Key) any { return k.Owner }},
	{"labels", false, func(k *Key) any { return listValue(LabelTexts(k.Labels)) }},
	{"role", true, func(k *Key) any { return k.Role.String() }},
	{"pool", false, func(k *Key) any { return k.Pool }},
	{"endpoints", false, func(k *Key) any { return listValue(k.Endpoints) }},
	{"allowedCidrs", false, func(k *Key) any { return listValue(prefixes(k.AllowedCIDRs)) }},
	{"tenants", false, func(k *Key) any { return listValue(k.Tenants) }},
	{"limits.requestsPerSecond", false, func(k *Key) any { return limitValue(k.Limits.RequestsPerSecond) }},
	{"limits.burst", false, func(k *Key) any { return limitValue(k.Limits.Burst) }},
	{"limits.concurrent", false, func(k *Key) any { return limitValue(k.Limits.Concurrent) }},
	{"limits.bytesPerSecond", false, func(k *Key) any { return limitValue(k.Limits.BytesPerSecond) }},
	{"limits.requestsPerDay", false, func(k *Key) any { return limitValue(k.Limits.RequestsPerDay) }},
	{"limits.bytesPerDay", false, func(k *Key) any { return limitValue(k.Limits.BytesPerDay) }},
	{"enabled", false, func(k *Key) any { return k.Enabled }},
	{"disabledUntil", false, func(k *Key) any { return timeValue(k.DisabledUntil) }},
	{"expiresAt", true, func(k *Key) any { return timeValue(k.ExpiresAt) }},
}

// listValue returns a list as a value; an empty one is nil.
func listValue(list []string) any {
	if len(list) == 0 {
		return nil
	}
	return list
}

// limitValue returns a limit as a value; none is nil.
func limitValue(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

func timeValue(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func prefixes(list []netip.Prefix) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = p.String()
	}
	return out
}
