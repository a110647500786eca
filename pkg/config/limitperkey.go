package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/gate"
)

// limitPerKey reads the limits that keys have at an endpoint: requests_per_second and so on. Whether they can be so
// is the gate's to check.
func (r *reader) limitPerKey(key string, raw any) (limits apikey.Limits) {
	if raw == nil {
		return limits
	}
	var known []string
	settings := map[string]string{}
	for _, name := range apikey.LimitNames() {
		setting := gate.SettingOfLimit(name)
		known, settings[setting] = append(known, setting), name
	}
	fields, isMap := raw.(map[string]any)
	if !isMap || len(fields) == 0 {
		r.wrong(key, "must have limits, such as {requests_per_second: 50, burst: 100}; there are %s",
			strings.Join(known, ", "))
		return limits
	}
	var parts []string
	for name, value := range fields {
		if !slices.Contains(known, name) {
			r.wrong(key+"."+name, "is not a limit; there are %s", strings.Join(known, ", "))
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(fmt.Sprint(value)), 10, 64)
		if err != nil {
			r.wrong(key+"."+name, "%s is not a whole number; write one such as 50", quoted(value))
			continue
		}
		parts = append(parts, settings[name]+"="+strconv.FormatInt(n, 10))
	}
	limits, err := apikey.ParseLimits(strings.Join(parts, ","))
	if err != nil {
		r.wrong(key, "%s", err)
	}
	return limits
}
