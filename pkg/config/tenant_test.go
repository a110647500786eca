package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/gate"
)

func TestTenantOfAnEndpoint(t *testing.T) {
	for value, want := range map[string]gate.Tenant{
		"{header: X-Scope-OrgID}": {Header: "X-Scope-OrgID"},
		"{label: tenant}":         {Label: "tenant"},
		"{extra_label: tenant}":   {ExtraLabel: "tenant"},
	} {
		yaml := `gate: {endpoints: [{name: a, path: /a, require: read, upstream: "http://h:1", tenant: ` + value + "}]}"
		cfg, err := config.Load(source(t, yaml, nil))
		require.NoError(t, err, value)
		require.Equal(t, want, cfg.Gate.Endpoints[0].Tenant)
	}
	const field = "gate.endpoints[0].tenant"
	for value, wrong := range map[string]string{
		"":                                   field,
		"null":                               field,
		"X-Scope-OrgID":                      field,
		"{}":                                 field,
		"[header]":                           field,
		"{Header: X-Scope-OrgID}":            field + ".Header",
		"{header: ''}":                       field + ".header",
		"{label: [a]}":                       field + ".label",
		"{label: a.b}":                       field + ".label",
		"{header: X-Scope-OrgID, label: a}":  field,
		"{header: X-API-Key}":                field + ".header",
		"{header: Authorization}":            field + ".header",
		"{extra_label: __name__}":            field + ".extra_label",
		"{extra_label: 'a=b&extra_label=c'}": field + ".extra_label",
	} {
		yaml := `gate: {endpoints: [{name: a, path: /a, require: read, upstream: "http://h:1", tenant: ` + value + "}]}"
		_, err := config.Load(source(t, yaml, nil))
		require.Error(t, err, value)
		require.Contains(t, mistakes(t, err), wrong, value)
	}
}
