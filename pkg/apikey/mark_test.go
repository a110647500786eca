package apikey_test

import (
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// unmarked are the fields of a record that no decision uses.
var unmarked = map[string]bool{"Mark": true, "Seq": true}

// other returns values of a field that are not the one that it has.
func other(t *testing.T, field reflect.StructField, is reflect.Value) []any {
	t.Helper()
	switch is.Interface().(type) {
	case string:
		return []any{is.String() + "x", ""}
	case bool:
		return []any{!is.Bool()}
	case int64:
		return []any{is.Int() + 1, -is.Int()}
	case time.Time:
		return []any{time.Time{}, is.Interface().(time.Time).Add(time.Millisecond)}
	case apikey.ID:
		return []any{apikey.ID([]byte("zzzzzzzzzzzz"))}
	case apikey.Digest:
		return []any{apikey.Digest{9}}
	case apikey.Role:
		return []any{apikey.RoleAdmin, apikey.RoleNone}
	case []string:
		return []any{[]string(nil), []string{"a"}, []string{"ab"}, []string{"b", "a"}, []string{"a", "b", ""}}
	case map[string]string:
		return []any{map[string]string(nil), map[string]string{"team": "x"}, map[string]string{"team": "sre", "env": "x"}, map[string]string{"tea": "m=sre"}}
	case apikey.Limits:
		limits := []any{apikey.Limits{}}
		for i := range reflect.TypeFor[apikey.Limits]().NumField() {
			var l apikey.Limits
			reflect.ValueOf(&l).Elem().Field(i).SetInt(7)
			limits = append(limits, l)
		}
		return limits
	case []netip.Prefix:
		return []any{[]netip.Prefix(nil), []netip.Prefix{netip.MustParsePrefix("10.0.0.0/7")}, []netip.Prefix{netip.MustParsePrefix("::a00:0/104")}}
	case []apikey.TokenRecord:
		return []any{[]apikey.TokenRecord(nil)}
	case *apikey.Origin:
		return []any{
			(*apikey.Origin)(nil), &apikey.Origin{}, &apikey.Origin{System: "s2", Handle: "h", Hash: "x"},
			&apikey.Origin{System: "s", Handle: "h2", Hash: "x"}, &apikey.Origin{System: "s", Handle: "h"},
		}
	}
	require.Fail(t, "a field that decisions use is not marked", "%s: add it to appendMarked, and its type here", field.Name)
	return nil
}

// Everything that a decision uses is marked. This fails for a new field of a record that is not.
func TestEveryFieldIsMarked(t *testing.T) {
	peppers, err := apikey.NewPeppers(apikey.NewPepper())
	require.NoError(t, err)
	token := apikey.TokenRecord{
		ID: apikey.ID([]byte("aaaaaaaaaaaa")), Digest: apikey.Digest{1}, PepperID: "p", ExpiresAt: time.Unix(1, 0), Revoked: true,
		Origin: &apikey.Origin{System: "s", Handle: "h", Hash: "x"},
	}
	whole := func() *apikey.Record {
		return &apikey.Record{
			ID: token.ID, OrgID: 3, Name: "n", Role: apikey.RoleViewer, Pool: "pool", Endpoints: []string{"a", "b"},
			AllowedCIDRs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Enabled: true, Owner: "o", Labels: map[string]string{"team": "sre"},
			Tenants: []string{"a", "b"}, Limits: apikey.Limits{RequestsPerSecond: 3}, DisabledUntil: time.Unix(3, 0), Revoked: true, ExpiresAt: time.Unix(2, 0),
			Tokens: []apikey.TokenRecord{token, {ID: apikey.ID([]byte("bbbbbbbbbbbb"))}},
		}
	}
	genuine := peppers.Mark(whole())
	seen := map[apikey.Digest]string{genuine.Sum: "nothing"}
	try := func(name string, change func(r *apikey.Record)) {
		t.Helper()
		r := whole()
		change(r)
		sum := peppers.Mark(r).Sum
		require.Empty(t, seen[sum], "%s looks the same", name)
		seen[sum] = name
		r.Mark = genuine
		require.Equal(t, apikey.Forged, peppers.Trust(r), name)
	}
	fields := func(prefix string, of func(r *apikey.Record) any) {
		t.Helper()
		shape := reflect.TypeOf(of(whole())).Elem()
		for i := range shape.NumField() {
			field := shape.Field(i)
			if unmarked[field.Name] {
				continue
			}
			is := reflect.ValueOf(of(whole())).Elem().Field(i)
			for _, value := range other(t, field, is) {
				try(prefix+field.Name, func(r *apikey.Record) {
					v := reflect.ValueOf(value)
					reflect.ValueOf(of(r)).Elem().Field(i).Set(v)
				})
			}
		}
	}
	fields("", func(r *apikey.Record) any { return r })
	fields("token ", func(r *apikey.Record) any { return &r.Tokens[0] })

	r := whole()
	r.Mark, r.Seq = genuine, 99
	require.Equal(t, apikey.Genuine, peppers.Trust(r))
	others, err := apikey.NewPeppers(apikey.NewPepper())
	require.NoError(t, err)
	require.Equal(t, apikey.Unknown, others.Trust(r))
	r.Mark.PepperID = others.Current().ID()
	require.Equal(t, apikey.Forged, others.Trust(r), "it takes the pepper, and not its name")
	both, err := apikey.NewPeppers(peppers.Current(), others.Current())
	require.NoError(t, err)
	r.Mark = genuine
	require.Equal(t, apikey.Genuine, both.Trust(r), "an older pepper goes on to prove it")
}
