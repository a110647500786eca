package endpoints

import (
	"slices"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// PolicyEditable names the fields of the policy that managers may change: those that the configuration does not say.
func (c *Catalog) PolicyEditable() ([]string, error) {
	cfg := c.current.Load().cfg
	switch {
	case c.opts.InGrafana:
		return nil, apikey.Errorf(apikey.CodeConflict,
			"The settings of the plugin in Grafana say the policy of each organization. Change it there.")
	case !cfg.Gate.InStore:
		return nil, apikey.Errorf(apikey.CodeConflict, "The configuration alone says the policy here. "+
			"Whoever runs the server can let Admins change it with %s: true.", cfg.Names.Of("gate.endpoints_in_store"))
	}
	return slices.DeleteFunc(apikey.PolicyFields(), func(field string) bool {
		return slices.Contains(cfg.PolicyGiven, field)
	}), nil
}

// Policies are what the managers of organizations said of their policies.
func Policies(peppers *apikey.Peppers, settings []apikey.Setting) map[int64]apikey.SaidPolicy {
	said := map[int64]apikey.SaidPolicy{}
	for _, s := range settings {
		if s.Kind != apikey.SettingPolicy {
			continue
		}
		change, err := apikey.ParsePolicyChange(s.Value)
		if err != nil || peppers.TrustSetting(&s) != apikey.Genuine {
			said[s.OrgID] = apikey.SaidPolicy{Forged: true}
			continue
		}
		said[s.OrgID] = apikey.SaidPolicy{PolicyChange: change}
	}
	return said
}
