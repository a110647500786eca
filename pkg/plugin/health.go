package plugin

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/ostiary/ostiary/pkg/api"
)

// CheckHealth implements backend.CheckHealthHandler. It tells the state of
// store, replica and gate and what is wrong with the organization's settings;
// the details are those of the resource API's health.
func (i *instance) CheckHealth(ctx context.Context, _ *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	s, err := i.process.open(ctx)
	if err != nil {
		message := fmt.Sprintf("Ostiary %s cannot start: %s\nSet it right in [plugin.%s] of grafana.ini or in the file that config names there; Ostiary tries again every %s.",
			i.process.opts.Version, err, ID, i.process.opts.Retry)
		return result(backend.HealthStatusError, message, api.Health{Status: api.StatusUnavailable, Version: i.process.opts.Version})
	}
	health := s.node.Health(ctx)
	if _, err := i.settings.policy(s.cfg.Policy); err != nil {
		return result(backend.HealthStatusError, err.Error(), health)
	}
	if health.Status != api.StatusOK {
		return result(backend.HealthStatusError, summary(health), health)
	}
	return result(backend.HealthStatusOk, summary(health), health)
}

func result(status backend.HealthStatus, message string, details api.Health) (*backend.CheckHealthResult, error) {
	encoded, err := json.Marshal(details)
	return &backend.CheckHealthResult{Status: status, Message: message, JSONDetails: encoded}, err
}

// summary says in a line how everything is.
func summary(h api.Health) string {
	store := h.Store.Engine + " works"
	if h.Store.Status != api.StatusOK {
		store = h.Store.Engine + " does not answer: " + h.Store.Error
	}
	keys := "keys are being loaded"
	if h.Replica.Ready {
		keys = fmt.Sprintf("%d keys, current to %.1f s", h.Replica.Keys, h.Replica.LagSeconds)
	}
	gate := "no gate"
	if h.Gate.Listen != "" {
		gate = "gate at " + h.Gate.Listen
		if h.Gate.Status != api.StatusOK {
			gate += ", which lets nobody in"
		}
	}
	return fmt.Sprintf("Ostiary %s: %s; %s; %s.", h.Version, store, keys, gate)
}
