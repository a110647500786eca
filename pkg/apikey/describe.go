package apikey

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// describe says in words what a new key may do, for the audit trail.
func describe(k *Key) string {
	parts := []string{"role " + k.Role.String(), "expires " + when(k.ExpiresAt)}
	if k.Pool != "" {
		parts = append(parts, "pool "+k.Pool)
	}
	if len(k.Endpoints) > 0 {
		parts = append(parts, "endpoints "+strings.Join(k.Endpoints, ", "))
	}
	if len(k.AllowedCIDRs) > 0 {
		parts = append(parts, "addresses "+blocks(k.AllowedCIDRs))
	}
	return strings.Join(parts, "; ")
}

// differences says in words what an update changed, for the audit trail.
func differences(before, after *Key) (changes []string) {
	add := func(changed bool, what, from, to string) {
		if changed {
			changes = append(changes, fmt.Sprintf("%s from %s to %s", what, from, to))
		}
	}
	add(before.Name != after.Name, "name", fmt.Sprintf("%q", before.Name), fmt.Sprintf("%q", after.Name))
	add(before.Description != after.Description, "description", fmt.Sprintf("%q", before.Description), fmt.Sprintf("%q", after.Description))
	add(before.Role != after.Role, "role", before.Role.String(), after.Role.String())
	add(before.Enabled != after.Enabled, "enabled", fmt.Sprint(before.Enabled), fmt.Sprint(after.Enabled))
	add(!slices.Equal(before.Endpoints, after.Endpoints), "endpoints", labels(before.Endpoints), labels(after.Endpoints))
	add(!slices.Equal(before.AllowedCIDRs, after.AllowedCIDRs), "addresses", blocks(before.AllowedCIDRs), blocks(after.AllowedCIDRs))
	add(!before.ExpiresAt.Equal(after.ExpiresAt), "expiry", when(before.ExpiresAt), when(after.ExpiresAt))
	return changes
}

func when(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Format(time.RFC3339)
}

func labels(list []string) string {
	if len(list) == 0 {
		return "all"
	}
	return strings.Join(list, ", ")
}

func blocks(list []netip.Prefix) string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = p.String()
	}
	return labels(out)
}
