package api_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
)

type nested struct {
	Name   string            `json:"name"`
	Limits *inner            `json:"limits,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
	List   []inner           `json:"list,omitempty"`
	Span   api.Span          `json:"span,omitempty"`
}

// whole has the fields of another struct among its own.
type whole struct {
	inner
	Cursor string `json:"cursor"`
}

type inner struct {
	Burst int64 `json:"burst,omitempty"`
}

func TestWrongFields(t *testing.T) {
	type wrong = map[string]string
	for text, want := range map[string]wrong{
		`{"name":"a","limits":{"burst":1},"labels":{"a":"b","A":"c"},"list":[{"burst":1},{}],"span":"1h"}`: {},
		`{"name":"a","name":"a"}`:              {"name": "is given more than once"},
		`{"name":"a","na\u006de":"b"}`:         {"name": "is given more than once"},
		`{"Name":"a"}`:                         {"Name": "is written name here"},
		`{"name":"a","NAME":"b"}`:              {"NAME": "is written name here"},
		`{"liſt":[]}`:                          {"liſt": "is written list here"}, // which Go reads as an s
		`{"limits":{"burst":1,"burst":2}}`:     {"limits.burst": "is given more than once"},
		`{"limits":{"Burst":1}}`:               {"limits.Burst": "is written burst here"},
		`{"limits":{"x":1}}`:                   {"limits.x": "is not a field of this request; it takes burst"},
		`{"labels":{"a":"b","a":"c"}}`:         {"labels.a": "is given more than once"},
		`{"list":[{},{"BURST":1}]}`:            {"list[1].BURST": "is written burst here"},
		`{"span":{"x":1,"x":2}}`:               {"span.x": "is given more than once"},
		`{"a":1,"A":2}`:                        {"a": "is not a field of this request; it takes name, limits, labels, list, span", "A": "is not a field of this request; it takes name, limits, labels, list, span"},
		`[{"name":1,"name":2}]`:                {"[0].name": "is given more than once"},
		`{"name":{"x":{"y":1,"y":2},"z":[1]}}`: {"name.x.y": "is given more than once"},
		`{"name":"a",`:                         {},
		`null`:                                 {},
		`"name"`:                               {},
	} {
		got := wrong{}
		for _, f := range api.WrongFields([]byte(text), &nested{}) {
			got[f.Field] = f.Detail
		}
		require.Equal(t, want, got, text)
	}
	require.Empty(t, api.WrongFields([]byte(`{"burst":1,"cursor":"x"}`), &whole{}))
	require.Len(t, api.WrongFields([]byte(`{"Burst":1,"burst":2,"burst":3,"inner":{}}`), &whole{}), 3)
	require.Empty(t, api.AmbiguousFields([]byte(`{"x":1,"limits":{"y":1}}`), &nested{}), "others know more fields")
	require.Len(t, api.AmbiguousFields([]byte(`{"x":1,"x":2,"Name":1}`), &nested{}), 2)
}

// FuzzWrongFields holds that a text without wrong fields says the same to a
// reader that takes names as they are and to Go's, which does not.
func FuzzWrongFields(f *testing.F) {
	f.Add(`{"name":"a","limits":{"burst":1},"list":[{"burst":2}],"labels":{"a":"b"}}`)
	f.Add(`{"name":"a","NAME":"b","lıst":[],"Limits":{}}`)
	f.Add(`{"limits":{"burst":1,"burst":2},"name":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		var decoded nested
		if json.Unmarshal([]byte(text), &decoded) != nil || len(api.WrongFields([]byte(text), &nested{})) > 0 {
			return
		}
		var exact map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &exact) != nil {
			return // null, and what is no object
		}
		again := map[string]any{}
		for _, name := range []string{"name", "limits", "labels", "list", "span"} {
			if v, ok := exact[name]; ok {
				again[name] = v
				delete(exact, name)
			}
		}
		require.Empty(t, exact)
		data, err := json.Marshal(again)
		require.NoError(t, err)
		var other nested
		require.NoError(t, json.Unmarshal(data, &other))
		require.Equal(t, other, decoded)
	})
}
