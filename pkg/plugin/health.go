package plugin

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// CheckHealth reports the state of store, replica and gate and what is wrong with the organization's settings, with the
// details of the resource API's health. Callers who may not manage keys learn only whether it works, because the
// reasons name hosts, users and files.
func (i *instance) CheckHealth(
	ctx context.Context, req *backend.CheckHealthRequest,
) (*backend.CheckHealthResult, error) {
	status, message, health := i.health(ctx, req.PluginContext)
	if caller, ok := callerOf(req.PluginContext); ok && caller.Role.Grants(apikey.PermissionManage) {
		return result(status, message, health)
	}
	message = fmt.Sprintf("Ostiary %s works.", i.process.opts.Version)
	if status != backend.HealthStatusOk {
		message = fmt.Sprintf("Ostiary %s does not work as it should. An Admin of this organization is told the reason here.", i.process.opts.Version)
	}
	return result(status, message, health.Public())
}

// health is what an Admin may see.
func (i *instance) health(ctx context.Context, pc backend.PluginContext) (backend.HealthStatus, string, api.Health) {
	s, err := i.process.open(ctx)
	if err != nil {
		message := fmt.Sprintf("Ostiary %s cannot start: %s\nSet it right in [plugin.%s] of grafana.ini or in the file that config names there; Ostiary tries again every %s.",
			i.process.opts.Version, err, ID, i.process.opts.Retry)
		health := api.Health{Status: api.StatusUnavailable, Version: i.process.opts.Version}
		return backend.HealthStatusError, message, health
	}
	health := s.node.Health(ctx)
	if _, err := settingsIn(pc).policy(s.cfg.Policy); err != nil {
		return backend.HealthStatusError, err.Error(), health
	}
	if health.Status != api.StatusOK {
		return backend.HealthStatusError, summary(health), health
	}
	return backend.HealthStatusOk, summary(health), health
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
