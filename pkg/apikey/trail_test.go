package apikey_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// unlinked are the fields of an entry that its link does not cover.
var unlinked = map[string]bool{"Link": true}

// otherTrail returns values of a field of an entry that are not the one that it has.
func otherTrail(t *testing.T, field reflect.StructField, is reflect.Value) []any {
	t.Helper()
	switch v := is.Interface().(type) {
	case string:
		return []any{v + "x", ""}
	case int64:
		return []any{v + 1, -v}
	case bool:
		return []any{!v}
	case time.Time:
		return []any{time.Time{}, v.Add(time.Millisecond)}
	case apikey.Action, apikey.State, apikey.Code:
		return []any{reflect.ValueOf("x").Convert(is.Type()).Interface(), reflect.Zero(is.Type()).Interface()}
	case []apikey.FieldChange:
		return []any{v[:1], []apikey.FieldChange{v[1], v[0]}, []apikey.FieldChange{{Field: v[0].Field, From: v[0].To}, v[1]}}
	}
	if is.Kind() == reflect.Pointer { // each of its fields, and none at all
		values := []any{reflect.Zero(is.Type()).Interface()}
		for i := range is.Elem().NumField() {
			for _, v := range otherTrail(t, is.Type().Elem().Field(i), is.Elem().Field(i)) {
				c := reflect.New(is.Type().Elem())
				c.Elem().Set(is.Elem())
				c.Elem().Field(i).Set(reflect.ValueOf(v))
				values = append(values, c.Interface())
			}
		}
		return values
	}
	require.Fail(t, "a field of an entry is not tested", "%s: see to it that it is linked, and add its type here",
		field.Name)
	return nil
}

// filled returns a value that has something in every field.
func filled(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("a text")
	case reflect.Int64:
		v.SetInt(7)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem())
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1700000000, 0).UTC()))
			return
		}
		for _, field := range v.Fields() {
			filled(field)
		}
	case reflect.Slice:
		v.Set(reflect.ValueOf([]apikey.FieldChange{{Field: "name", To: "a"}, {Field: "role", From: "b", To: "c"}}))
	default:
	}
}

// Everything that an entry says is linked. This fails for a new field that is not.
func TestEveryFieldOfAnEntryIsLinked(t *testing.T) {
	peppers, err := apikey.NewPeppers(apikey.NewPepper())
	require.NoError(t, err)
	var whole apikey.AuditEntry
	filled(reflect.ValueOf(&whole).Elem())
	head := apikey.TrailHead{Number: 6, Link: apikey.Link{Sum: apikey.Digest{1}}}
	seen := map[apikey.Digest]string{}
	try := func(name string, head apikey.TrailHead, e apikey.AuditEntry) {
		t.Helper()
		require.NoError(t, peppers.Chain(head, &e))
		require.Empty(t, seen[e.Link.Sum], "%s looks the same", name)
		seen[e.Link.Sum] = name
	}
	try("nothing", head, whole)
	try("another number", apikey.TrailHead{Number: 7, Link: head.Link}, whole)
	try("another entry before", apikey.TrailHead{Number: 6, Link: apikey.Link{Sum: apikey.Digest{2}}}, whole)
	fields := func(in reflect.Type, at func(e *apikey.AuditEntry) reflect.Value) {
		for i := range in.NumField() {
			field := in.Field(i)
			if unlinked[field.Name] || field.Anonymous || field.Name == "ID" {
				continue
			}
			e := whole
			for n, value := range otherTrail(t, field, at(&e).Field(i)) {
				e := whole
				at(&e).Field(i).Set(reflect.ValueOf(value))
				try(fmt.Sprintf("%s, %d", field.Name, n), head, e)
			}
		}
	}
	fields(reflect.TypeFor[apikey.AuditEntry](), func(e *apikey.AuditEntry) reflect.Value { return reflect.ValueOf(e).Elem() })
	fields(reflect.TypeFor[apikey.AuditData](), func(e *apikey.AuditEntry) reflect.Value {
		return reflect.ValueOf(&e.AuditData).Elem()
	})
	require.Greater(t, len(seen), 30)
}

// The texts of an entry do not run into one another.
func TestTextsOfAnEntryAreApart(t *testing.T) {
	peppers, err := apikey.NewPeppers(apikey.NewPepper())
	require.NoError(t, err)
	a := apikey.AuditEntry{Actor: "ab", From: "c"}
	b := apikey.AuditEntry{Actor: "a", From: "bc"}
	require.NoError(t, peppers.Chain(apikey.TrailHead{}, &a))
	require.NoError(t, peppers.Chain(apikey.TrailHead{}, &b))
	require.NotEqual(t, a.Link.Sum, b.Link.Sum)
}

func BenchmarkChain(b *testing.B) {
	peppers, err := apikey.NewPeppers(apikey.NewPepper())
	require.NoError(b, err)
	e := apikey.AuditEntry{OrgID: 1, At: time.Now(), Actor: "admin", From: "192.0.2.1", Action: apikey.ActionCreate,
		KeyID: "aaaaaaaaaaaa", KeyName: "edge", AuditData: apikey.AuditData{Changes: []apikey.FieldChange{
			{Field: "role", To: "Agent"}, {Field: "expiresAt", To: "2027-01-01T00:00:00Z"}}}}
	b.ReportAllocs()
	for b.Loop() {
		if err := peppers.Chain(apikey.TrailHead{Number: 9}, &e); err != nil {
			b.Fatal(err)
		}
	}
}
