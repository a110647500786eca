package state

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// KeyFields are the fields of a key as somebody filled them in.
type KeyFields struct {
	Name         string
	Description  string
	Owner        string
	Labels       map[string]string
	Role         string
	Pool         string
	Endpoints    []string
	AllowedCIDRs []string
	Tenants      []string
	Limits       apikey.Limits
	ExpiresIn    api.Span
	ExpiresAt    api.Expiry
}

// Create asks for a key with these fields.
func (f KeyFields) Create() api.CreateKey { return api.CreateKey(f) }

// Changes asks to change what differs from a key. Its description was shown in
// one line, and one that differs in its line breaks alone is left as it is.
func (f KeyFields) Changes(k api.Key) api.UpdateKey {
	u := api.UpdateKey{ExpiresIn: f.ExpiresIn, ExpiresAt: f.ExpiresAt}
	change(&u.Name, strings.TrimSpace(f.Name), k.Name)
	change(&u.Description, f.Description, OneLine(k.Description))
	change(&u.Owner, strings.TrimSpace(f.Owner), k.Owner)
	change(&u.Role, f.Role, k.Role.String())
	change(&u.Pool, strings.TrimSpace(f.Pool), k.Pool)
	change(&u.Limits, f.Limits, k.Limits)
	if !maps.Equal(f.Labels, k.Labels) {
		u.Labels = &f.Labels
	}
	changeList(&u.Endpoints, f.Endpoints, k.Endpoints)
	changeList(&u.AllowedCIDRs, f.AllowedCIDRs, k.AllowedCIDRs)
	changeList(&u.Tenants, f.Tenants, k.Tenants)
	return u
}

// Mistakes are what a server finds wrong with the fields, by their names in the API, whatever its policy. Of a key that
// exists those that stay as they are were checked before; nil is a new one.
func (f KeyFields) Mistakes(before *api.Key) map[string]string {
	fresh, err := f.Create().Domain()
	wrong := fresh.Mistakes()
	if known, ok := errors.AsType[*apikey.Error](err); ok {
		wrong = known.Fields // those of the key are among them
	}
	var changed map[string]any
	if before != nil {
		changed = fieldsOf(f.Changes(*before))
	}
	out := map[string]string{}
	for _, m := range wrong {
		whole, _, _ := strings.Cut(m.Field, ".")
		if _, is := changed[whole]; is || before == nil {
			out[m.Field] = m.Detail
		}
	}
	return out
}

func change[T comparable](to **T, now, before T) {
	if now != before {
		*to = &now
	}
}

func changeList(to **[]string, now, before []string) {
	if !slices.Equal(now, before) {
		*to = &now
	}
}

// OneLine is a text without line breaks, for a field that has one line.
func OneLine(text string) string { return strings.ReplaceAll(text, "\n", " ") }

// updated reports whether a key looks as an update wants it that was sent at a moment.
func updated(k *api.Key, u api.UpdateKey, sent time.Time) bool {
	return same(u.Name, k.Name) && same(u.Description, k.Description) && same(u.Owner, k.Owner) &&
		same(u.Pool, k.Pool) && same(u.Enabled, k.Enabled) && same(u.Limits, k.Limits) &&
		(u.Role == nil || strings.EqualFold(*u.Role, k.Role.String())) &&
		(u.Labels == nil || maps.Equal(*u.Labels, k.Labels)) &&
		sameSet(u.Endpoints, k.Endpoints) && sameSet(u.Tenants, k.Tenants) &&
		(u.AllowedCIDRs == nil || slices.Equal(blocks(*u.AllowedCIDRs), blocks(k.AllowedCIDRs))) &&
		(u.DisabledFor == "" || fallsAfter(u.DisabledFor, sent, k.DisabledUntil)) &&
		(u.ExpiresIn == "" || fallsAfter(u.ExpiresIn, sent, k.ExpiresAt)) &&
		(u.ExpiresAt == "" || ends(u.ExpiresAt, k.ExpiresAt))
}

// fallsAfter reports whether a moment lies a length of time after another one, of which the server has its own idea; no
// length is no moment.
func fallsAfter(in api.Span, from time.Time, is *time.Time) bool {
	ttl, err := apikey.ParseTTL(string(in))
	switch {
	case err != nil:
		return false
	case ttl == 0:
		return is == nil
	}
	return is != nil && is.Sub(from.Add(ttl)).Abs() <= clockSkew
}

// ends reports whether a key ends when it shall.
func ends(want api.Expiry, is *time.Time) bool {
	if strings.EqualFold(string(want), api.Never) {
		return is == nil
	}
	at, err := apikey.ParseExpiry(string(want))
	return err == nil && is != nil && is.Sub(at).Abs() < time.Second
}

func same[T comparable](want *T, is T) bool { return want == nil || *want == is }

// sameSet compares a list with one that its server has sorted.
func sameSet(want *[]string, is []string) bool {
	if want == nil {
		return true
	}
	sorted := slices.Sorted(slices.Values(*want))
	return slices.Equal(slices.Compact(sorted), slices.Sorted(slices.Values(is)))
}
