package state

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

func TestWhatWouldHaveLetARequestIn(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	key := api.Key{
		AllowedCIDRs: []string{"10.0.0.0/8"}, Endpoints: []string{"loki"}, State: apikey.StateDisabled,
	}
	expired := api.Key{State: apikey.StateExpired}
	on := true
	for name, tt := range map[string]struct {
		denial api.Denial
		key    api.Key
		policy api.Policy
		fix    Fix
		change *api.UpdateKey // nil = nothing helps
	}{
		"an address": {
			api.Denial{Code: "forbidden", Reason: "The API key may not be used from the address 192.0.2.1.", Address: "192.0.2.1"},
			key, api.Policy{}, FixAddress, &api.UpdateKey{AllowedCIDRs: &[]string{"10.0.0.0/8", "192.0.2.1"}},
		},
		"an address, for a key that any may use": {
			api.Denial{Code: "forbidden", Reason: "The API key may not be used from the address 192.0.2.1.", Address: "192.0.2.1"},
			expired, api.Policy{}, FixAddress, nil,
		},
		"no address": {
			api.Denial{Code: "forbidden", Reason: "The API key may only be used from certain addresses, and the client's is not known.", Address: "unix"},
			key, api.Policy{}, "", nil,
		},
		"an endpoint": {
			api.Denial{Code: "forbidden", Reason: "The API key is limited to other endpoints than \"mimir\".", Endpoint: "mimir"},
			key, api.Policy{}, FixEndpoint, &api.UpdateKey{Endpoints: &[]string{"loki", "mimir"}},
		},
		"an endpoint that it has meanwhile": {
			api.Denial{Code: "forbidden", Reason: "The API key is limited to other endpoints than \"mimir\".", Endpoint: "loki"},
			key, api.Policy{}, FixEndpoint, nil,
		},
		"a disabled key": {api.Denial{Code: "disabled"}, key, api.Policy{}, FixEnable, &api.UpdateKey{Enabled: &on}},
		"a key that is enabled again": {
			api.Denial{Code: "disabled"}, api.Key{State: apikey.StateActive}, api.Policy{}, FixEnable, nil,
		},
		"an expired key": {
			api.Denial{Code: "expired"}, expired, api.Policy{DefaultTTL: 86400},
			FixExtend, &api.UpdateKey{ExpiresAt: "2026-11-22T12:00:00Z"},
		},
		"an expired key, and a longest lifetime": {
			api.Denial{Code: "held"}, expired, api.Policy{MaxTTL: 2 * 86400},
			FixExtend, &api.UpdateKey{ExpiresAt: "2026-11-23T12:00:00Z"},
		},
		"an expired key, and no policy": {
			api.Denial{Code: "grace"}, expired, api.Policy{}, FixExtend, &api.UpdateKey{ExpiresAt: "2027-02-19T12:00:00Z"},
		},
		"a revoked key":     {api.Denial{Code: "revoked"}, key, api.Policy{}, "", nil},
		"an unknown token":  {api.Denial{Code: "invalid_token"}, key, api.Policy{}, "", nil},
		"a role":            {api.Denial{Code: "forbidden", Reason: "The role Viewer does not grant it."}, key, api.Policy{}, "", nil},
		"too many requests": {api.Denial{Code: "limited"}, key, api.Policy{}, "", nil},
	} {
		tt.denial.KeyName = "edge"
		require.Equal(t, tt.fix, FixOf(tt.denial), name)
		change, ok := tt.fix.Change(tt.denial, &tt.key, tt.policy, now)
		require.Equal(t, tt.change != nil, ok, name)
		if ok {
			require.Equal(t, *tt.change, change, name)
		}
		tt.denial.KeyName = ""
		require.Empty(t, FixOf(tt.denial), "%s, of a key that is gone", name)
	}
	require.Equal(t, []string{"10.0.0.0/8"}, key.AllowedCIDRs, "the key is as it was")
}
