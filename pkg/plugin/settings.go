package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// settings are what an organization's jsonData says of its policy. What it
// leaves out is as in the configuration of the process.
type settings struct {
	defaultTTL, maxTTL *time.Duration
	roles              []apikey.Role
	mistakes           apikey.Mistakes
}

// readSettings reads jsonData:
//
//	{"policy": {"defaultTtl": "90d", "maxTtl": 31536000, "roles": ["Viewer", "Agent"]}}
//
// Fields other than "policy" are ignored.
func readSettings(jsonData []byte) *settings {
	s := &settings{}
	var data struct {
		Policy json.RawMessage `json:"policy"`
	}
	if len(bytes.TrimSpace(jsonData)) > 0 && json.Unmarshal(jsonData, &data) != nil {
		s.wrong("jsonData", "is not a JSON object")
		return s
	}
	var policy map[string]any
	if len(data.Policy) > 0 && json.Unmarshal(data.Policy, &policy) != nil {
		s.wrong("policy", `must be an object, such as {"defaultTtl": "90d", "maxTtl": "365d", "roles": ["Viewer", "Agent"]}`)
		return s
	}
	for name, value := range policy {
		switch name {
		case "defaultTtl":
			s.defaultTTL = s.ttl(name, value)
		case "maxTtl":
			s.maxTTL = s.ttl(name, value)
		case "roles":
			s.roles = s.readRoles(value)
		default:
			s.wrong("policy."+name, "is not a setting; there are defaultTtl, maxTtl and roles")
		}
	}
	return s
}

func (s *settings) wrong(field, format string, args ...any) {
	s.mistakes.Add(field, format, args...)
}

// ttl reads a length of time: a number of seconds, or text as in "90d". An
// input that was left empty says nothing.
func (s *settings) ttl(name string, value any) *time.Duration {
	var text string
	switch value := value.(type) {
	case nil:
		return nil
	case string:
		if text = strings.TrimSpace(value); text == "" {
			return nil
		}
	case float64:
		text = fmt.Sprintf("%.0f", value)
		if value != float64(int64(value)) {
			text = fmt.Sprint(value)
		}
	default:
		s.wrong("policy."+name, `must be seconds or text such as "90d"`)
		return nil
	}
	ttl, err := apikey.ParseTTL(text)
	if err != nil {
		s.wrong("policy."+name, "%s", err)
		return nil
	}
	return &ttl
}

func (s *settings) readRoles(value any) (roles []apikey.Role) {
	list, ok := value.([]any)
	if value != nil && (!ok || len(list) == 0) {
		s.wrong("policy.roles",
			`must name the roles that keys may have, such as ["Viewer", "Agent"]; leave it out for all`)
	}
	for i, item := range list {
		name, _ := item.(string)
		role, err := apikey.ParseRole(name)
		if err != nil {
			s.wrong(fmt.Sprintf("policy.roles[%d]", i), "%s", err)
			continue
		}
		roles = append(roles, role)
	}
	return roles
}

// policy returns the limits in force: the organization's settings over those
// of the process. Settings that are wrong are an error, because no limit that
// one could put in their place would be sure to be strict enough.
func (s *settings) policy(process apikey.Policy) (apikey.Policy, error) {
	p := process
	if s.defaultTTL != nil {
		p.DefaultTTL = *s.defaultTTL
	}
	if s.maxTTL != nil {
		p.MaxTTL = *s.maxTTL
	}
	if s.roles != nil {
		p.Roles = s.roles
	}
	mistakes := s.mistakes
	if wrong, ok := errors.AsType[*apikey.Error](p.Check()); ok && len(mistakes) == 0 {
		inSettings := strings.NewReplacer("default_ttl", "defaultTtl", "max_ttl", "maxTtl")
		for _, f := range wrong.Fields {
			mistakes.Add("policy."+inSettings.Replace(f.Field), "%s", inSettings.Replace(f.Detail))
		}
	}
	if len(mistakes) == 0 {
		return p, nil
	}
	var b strings.Builder
	b.WriteString("The plugin's settings for this organization are not valid, so no key can be issued. Correct them on the plugin's page Settings, or in its provisioning file: ")
	for i, m := range mistakes {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(m.Field + " " + m.Detail)
	}
	b.WriteByte('.')
	return apikey.Policy{}, apikey.Errorf(apikey.CodeUnavailable, "%s", b.String())
}

type settingsKey struct{}

// withSettings returns a context that carries an organization's settings to
// where the node asks for its policy.
func withSettings(ctx context.Context, s *settings) context.Context {
	return context.WithValue(ctx, settingsKey{}, s)
}

// policyFrom answers the node from the settings in the context.
func policyFrom(process apikey.Policy) func(context.Context, int64) (apikey.Policy, error) {
	return func(ctx context.Context, _ int64) (apikey.Policy, error) {
		s, ok := ctx.Value(settingsKey{}).(*settings)
		if !ok {
			return process, nil
		}
		return s.policy(process)
	}
}
