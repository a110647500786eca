package confine

import (
	"encoding/json"
	"errors"

	"github.com/prometheus/prometheus/model/labels"
)

// answer takes out of the Prometheus API's lists what is not the tenants'. It knows no more of what is listed than the
// labels, so that all else comes through as it is.
type answer struct {
	label   string
	matcher *labels.Matcher
}

type object map[string]json.RawMessage

func (a *answer) filterOf(path string) func([]byte) ([]byte, error) {
	list := a.alerts
	if path == "/api/v1/rules" {
		list = a.groups
	}
	return func(body []byte) ([]byte, error) {
		var whole, data object
		if err := json.Unmarshal(body, &whole); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(whole["data"], &data); err != nil {
			return nil, err
		}
		if data == nil {
			return nil, errors.New("the list has no data")
		}
		if err := list(data); err != nil {
			return nil, err
		}
		return edit(whole, "data", data)
	}
}

func edit(o object, field string, value any) ([]byte, error) {
	b, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	o[field] = b
	return json.Marshal(o)
}

// alerts filters an object's list of alerts.
func (a *answer) alerts(o object) error {
	return filter(o, "alerts", a.isOurs)
}

// groups filters the rules in groups, and leaves out groups without any.
func (a *answer) groups(data object) error {
	return filter(data, "groups", func(group object) (bool, error) {
		left := 0
		err := filter(group, "rules", func(rule object) (bool, error) {
			ours, err := a.isOurs(rule)
			if err != nil || !ours {
				return false, err
			}
			left++
			if rule["alerts"] == nil {
				return true, nil
			}
			return true, a.alerts(rule)
		})
		return left > 0, err
	})
}

func (a *answer) isOurs(o object) (bool, error) {
	var set map[string]string
	if raw := o["labels"]; raw != nil {
		if err := json.Unmarshal(raw, &set); err != nil {
			return false, err
		}
	}
	value, has := set[a.label]
	return has && value != "" && a.matcher.Matches(value), nil
}

// filter keeps in a field's list what keep wants, with the changes that it makes.
func filter(o object, field string, keep func(object) (bool, error)) error {
	var list []object
	if raw := o[field]; raw != nil {
		if err := json.Unmarshal(raw, &list); err != nil {
			return err
		}
	}
	kept := []object{}
	for _, item := range list {
		ok, err := keep(item)
		if err != nil {
			return err
		}
		if ok {
			kept = append(kept, item)
		}
	}
	_, err := edit(o, field, kept)
	return err
}
