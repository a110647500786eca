package words

// fieldTexts are the names of the fields of a key, and behind them of those that only a policy or an endpoint has. One
// that is newer than this program appears as the server calls it.
var fieldTexts = map[string]string{
	"name":                     "audit.field.name",
	"description":              "audit.field.description",
	"owner":                    "audit.field.owner",
	"labels":                   "audit.field.labels",
	"role":                     "audit.field.role",
	"pool":                     "audit.field.pool",
	"endpoints":                "audit.field.endpoints",
	"allowedCidrs":             "audit.field.addresses",
	"tenants":                  "audit.field.tenants",
	"limits.requestsPerSecond": "limits.requests-per-second",
	"limits.burst":             "limits.burst",
	"limits.concurrent":        "limits.concurrent",
	"limits.bytesPerSecond":    "limits.bytes-per-second",
	"limits.requestsPerDay":    "limits.requests-per-day",
	"limits.bytesPerDay":       "limits.bytes-per-day",
	"limits":                   "key.limits",
	"enabled":                  "audit.field.enabled",
	"disabledUntil":            "audit.field.disabled-until",
	"expiresAt":                "audit.field.expires",

	"defaultTtl":  "policy.default",
	"maxTtl":      "policy.max",
	"roles":       "policy.roles",
	"kind":        "endpoint-form.kind",
	"path":        "endpoint-form.path",
	"require":     "endpoint-form.require",
	"methods":     "endpoint-form.methods",
	"upstream":    "endpoint-form.upstream",
	"tenant":      "endpoints.tenant",
	"onExpired":   "endpoint-form.ends",
	"limitPerKey": "key.limits",

	"tenant.header":                 "audit.field.tenant-header",
	"tenant.label":                  "audit.field.tenant-label",
	"tenant.extraLabel":             "audit.field.tenant-extra",
	"onExpired.hold":                "audit.field.hold",
	"onExpired.grace":               "audit.field.grace",
	"limitPerKey.requestsPerSecond": "limits.requests-per-second",
	"limitPerKey.burst":             "limits.burst",
	"limitPerKey.concurrent":        "limits.concurrent",
	"limitPerKey.bytesPerSecond":    "limits.bytes-per-second",
	"limitPerKey.requestsPerDay":    "limits.requests-per-day",
	"limitPerKey.bytesPerDay":       "limits.bytes-per-day",

	"paths":        "endpoint-form.paths",
	"query":        "endpoint-form.query",
	"schemes":      "endpoint-form.schemes",
	"headers":      "endpoint-form.headers",
	"preserveHost": "endpoint-form.preserve-host",
}

// Field names a field of a key, a policy or an endpoint, which is called so in the resource API and in the audit trail.
func (w *Words) Field(name string) string {
	if text, ok := fieldTexts[name]; ok {
		return w.T(text)
	}
	return name
}

// Fields names several of them.
func (w *Words) Fields(names []string) string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = w.Field(name)
	}
	return w.AllOf(texts)
}
