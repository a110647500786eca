package endpoints

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// changesOf says for the audit trail what is different between two values of the store; nil is none.
func changesOf(old *apikey.Setting, now *string) (list []apikey.FieldChange) {
	before, after := map[string]any{}, map[string]any{}
	if old != nil {
		before = flat(numbers(old.Value))
	}
	if now != nil {
		after = flat(numbers(*now))
	}
	names := slices.Collect(maps.Keys(before))
	for name := range after {
		if _, both := before[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if from, to := before[name], after[name]; name != "name" && !reflect.DeepEqual(from, to) {
			list = append(list, apikey.FieldChange{Field: name, From: from, To: to})
		}
	}
	return list
}

// flat returns fields with values as the audit trail has them: texts, numbers, truths and lists of texts.
func flat(fields map[string]any) map[string]any {
	out := map[string]any{}
	for name, value := range fields {
		switch v := value.(type) {
		case map[string]any:
			if name == "methods" {
				out[name] = methodTexts(v)
				continue
			}
			for inner, value := range v {
				out[name+"."+inner] = plain(value)
			}
		case []any:
			out[name] = listTexts(v)
		default:
			out[name] = plain(value)
		}
	}
	return out
}

func plain(value any) any {
	if n, isNumber := value.(fmt.Stringer); isNumber { // a json.Number
		var i int64
		if _, err := fmt.Sscan(n.String(), &i); err == nil {
			return i
		}
		return n.String()
	}
	return value
}

func listTexts(list []any) (texts []string) {
	for _, item := range list {
		path, isPath := item.(map[string]any)
		if !isPath {
			texts = append(texts, fmt.Sprint(item))
			continue
		}
		parts := []string{fmt.Sprint(path["path"])}
		if require, ok := path["require"].(string); ok {
			parts = append(parts, require)
		}
		if methods, ok := path["methods"].(map[string]any); ok {
			parts = append(parts, methodTexts(methods)...)
		}
		texts = append(texts, strings.Join(parts, " "))
	}
	return texts
}

func methodTexts(methods map[string]any) (texts []string) {
	for _, method := range slices.Sorted(maps.Keys(methods)) {
		texts = append(texts, method+"="+fmt.Sprint(methods[method]))
	}
	return texts
}
