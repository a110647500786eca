package node_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
)

// Every gate holds what any organization's Admin keeps in the store. So it has a size, and what is larger is refused
// by its field, in an answer that is no larger than a person reads.
func TestEndpointsInTheStoreHaveASize(t *testing.T) {
	r := startToReload(t, inStore+"}")
	long := strings.Repeat("x", 900_000)
	words := func(n int, format string) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf(format, i)
		}
		return strings.Join(list, ",")
	}
	for name, c := range map[string][2]string{
		"path":             {"path", `"path":"/` + long + `"`},
		"deep path":        {"path", `"path":"/` + strings.Repeat("a/", 200_000) + `a"`},
		"names":            {"path", `"path":"/` + strings.Repeat("{a}/", 200) + `a"`},
		"further path":     {"paths[1]", `"paths":["/a","/` + long + `"]`},
		"paths":            {"paths", `"paths":[` + words(65, `"/%d"`) + `]`},
		"many paths":       {"paths", `"paths":[` + words(60_000, `"/%d"`) + `]`},
		"methods":          {"methods", `"path":"/a","methods":{` + words(33, `"M%d":"read"`) + `}`},
		"methods of paths": {"paths[0].methods", `"paths":[{"path":"/a","methods":{` + words(40_000, `"M%d":"read"`) + `}}]`},
		"method":           {"methods", `"path":"/a","methods":{"` + strings.ToUpper(long) + `":"read"}`},
		"headers":          {"headers", `"path":"/a","headers":[` + words(17, `"X-%d"`) + `]`},
		"header":           {"headers", `"path":"/a","headers":["` + long + `"]`},
		"scheme":           {"schemes", `"path":"/a","schemes":["` + long + `"]`},
		"query":            {"query", `"path":"/a","query":"` + long + `"`},
		"tenant":           {"tenant.header", `"path":"/a","tenant":{"header":"` + long + `"}`},
		"label":            {"tenant.label", `"path":"/a","tenant":{"label":"` + long + `"}`},
		"upstream":         {"upstream", `"path":"/a","upstream":"http://127.0.0.1/` + long + `"`},
		"host":             {"upstream", `"path":"/a","upstream":"http://` + long + `"`},
		"pool":             {"pool", `"path":"/a","pool":"` + long + `"`},
		"kind":             {"kind", `"kind":"` + long + `"`},
		"permission":       {"require", `"path":"/a","require":"` + long + `"`},
		"unknown field":    {"", `"path":"/a","` + long + `":1`},
		"nested":           {"path", `"path":` + strings.Repeat(`{"a":`, 9000) + `1` + strings.Repeat("}", 9000)},
	} {
		for _, target := range []string{"/v1/endpoints", "/v1/endpoints/check"} {
			body := `{"name":"a","require":"read",` + c[1] + `}`
			if strings.Contains(c[1], "methods") || strings.Contains(c[1], `"kind"`) || name == "permission" {
				body = strings.Replace(body, `"require":"read",`, "", 1)
			}
			status, answer := r.call(of(t, 1), http.MethodPost, target, body)
			require.Less(t, len(answer), 16<<10, "%s: %s", name, answer[:min(len(answer), 500)])
			var said struct {
				Errors []struct{ Field, Detail string }
			}
			require.NoError(t, json.Unmarshal([]byte(answer), &said))
			if target == "/v1/endpoints" {
				require.Equal(t, http.StatusBadRequest, status, name)
			}
			require.NotEmpty(t, said.Errors, name)
			require.True(t, strings.HasPrefix(said.Errors[0].Field, c[0]) || c[0] == "", "%s: %v", name, said.Errors)
		}
	}
	status, answer := r.call(of(t, 1), http.MethodPost, "/v1/endpoints", `{"name":"`+long+`","path":"/a","require":"read"}`)
	require.Equal(t, http.StatusBadRequest, status)
	require.Less(t, len(answer), 4<<10)
	_, answer = r.call(of(t, 1), http.MethodGet, "/v1/endpoints", "")
	var list api.EndpointList
	require.NoError(t, json.Unmarshal([]byte(answer), &list))
	require.Empty(t, list.Endpoints)
}
