package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/httpapi"
)

// description is openapi.yaml, read once.
var description = func() *openapi3.T {
	doc, err := openapi3.NewLoader().LoadFromData([]byte(api.OpenAPI))
	if err != nil {
		panic(err)
	}
	doc.Servers = openapi3.Servers{{URL: api.BasePath}} // the file says where it is relative to itself
	return doc
}()

// The decoder of JSON lines reads only the first: all have the same schema.
func init() {
	openapi3filter.RegisterBodyDecoder("application/jsonl", func(body io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (v any, err error) {
		err = json.NewDecoder(body).Decode(&v)
		return v, err
	})
}

var (
	checked       = &checkedTransport{router: newRouter(), requests: true}
	answerChecked = &checkedTransport{router: newRouter()}
)

func newRouter() routers.Router {
	router, err := gorillamux.NewRouter(description)
	if err != nil {
		panic(err)
	}
	return router
}

// checkedTransport fails a round trip that openapi.yaml does not describe: the
// answer must be one of the route's and, if it is good, so must the request.
type checkedTransport struct {
	router   routers.Router
	requests bool
}

func (c *checkedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil {
		var err error
		if sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	again := func() io.ReadCloser { return io.NopCloser(bytes.NewReader(sent)) }
	out := r.Clone(r.Context())
	if r.Body != nil {
		out.Body = again()
	}
	resp, err := http.DefaultTransport.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(got))
	if r.Method == http.MethodHead || r.Method == http.MethodOptions {
		return resp, nil // these are HTTP's, and not described
	}

	route, params, err := c.router.FindRoute(r)
	if err != nil {
		return resp, checkUndescribed(err, resp.StatusCode, got)
	}
	in := r.Clone(r.Context())
	in.Body = again()
	input := &openapi3filter.RequestValidationInput{
		Request: in, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, SkipSettingDefaults: true,
			IncludeResponseStatus: true, RejectWhenRequestBodyNotSpecified: true,
		},
	}
	if c.requests && resp.StatusCode < http.StatusBadRequest {
		if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil {
			return nil, fmt.Errorf("a request was taken that openapi.yaml does not allow: %w", err)
		}
	}
	output := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: resp.StatusCode, Header: resp.Header, Options: input.Options,
		Body: io.NopCloser(bytes.NewReader(got)),
	}
	if err := openapi3filter.ValidateResponse(r.Context(), output); err != nil {
		return nil, fmt.Errorf("%s %s was answered with %d, as openapi.yaml does not say: %w\n%s", r.Method, r.URL.Path, resp.StatusCode, err, got)
	}
	return resp, nil
}

// checkUndescribed checks that what is not described is not there either, and
// that the answer is a Problem.
func checkUndescribed(reason error, status int, body []byte) error {
	if !errors.Is(reason, routers.ErrPathNotFound) && !errors.Is(reason, routers.ErrMethodNotAllowed) {
		return reason
	}
	if status != http.StatusNotFound && status != http.StatusMethodNotAllowed {
		return fmt.Errorf("a route that openapi.yaml lacks was answered with %d", status)
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	return description.Components.Schemas["Problem"].Value.VisitJSON(v, openapi3.EnableJSONSchema2020())
}

func TestDescriptionIsValid(t *testing.T) {
	require.True(t, description.IsOpenAPI31OrLater())
	require.NoError(t, description.Validate(context.Background()))
}

func TestDescriptionIsServed(t *testing.T) {
	s := start(t)
	for _, caller := range []string{"", "viewer"} {
		r := s.do(t, caller, http.MethodGet, "/openapi.json", "")
		require.Equal(t, http.StatusOK, r.StatusCode)
		require.Equal(t, "application/json", r.Header.Get("Content-Type"))
		doc, err := openapi3.NewLoader().LoadFromData([]byte(r.body))
		require.NoError(t, err)
		require.Equal(t, "3.1.0", doc.OpenAPI)
		require.Equal(t, description.Paths.InMatchingOrder(), doc.Paths.InMatchingOrder())
	}
}

// TestEveryRouteAnswers asks every described route, which must not be unknown
// to the handler; the reverse holds because every exchange of the tests is
// checked.
func TestEveryRouteAnswers(t *testing.T) {
	s := start(t, func(set *settings) { set.http.GitHubKeys = httpapi.NewGitHubKeys("nowhere") })
	for path, item := range description.Paths.Map() {
		for method, operation := range item.Operations() {
			target := regexp.MustCompile(`\{(id|name)\}`).ReplaceAllString(path, "4fjK2n0qPz7a")
			r := s.do(t, "", method, target, "")
			open := operation.Security != nil
			switch {
			case path == "/v1/leaks":
				require.Equal(t, http.StatusBadRequest, r.StatusCode)
				continue
			case open && path != "/v1/leaks/github": // which wants a signature
				require.Equal(t, http.StatusOK, r.StatusCode, "%s %s", method, path)
				continue
			}
			require.Equal(t, http.StatusUnauthorized, r.StatusCode, "%s %s", method, path)
			require.Equal(t, apikey.CodeUnauthenticated, problem(t, r).Code)
			require.Equal(t, `Bearer realm="ostiary", charset="UTF-8"`, r.Header.Get("WWW-Authenticate"))
		}
	}
}

// TestDescribedWords compares the words that openapi.yaml lists with those of
// the program.
func TestDescribedWords(t *testing.T) {
	words := func(schema *openapi3.Schema) (out []string) {
		for _, v := range schema.Enum {
			out = append(out, v.(string))
		}
		return out
	}
	schemas := description.Components.Schemas
	var roles, states, sorts, codes, permissions []string
	for _, r := range apikey.Roles() {
		roles = append(roles, r.String())
	}
	for _, s := range apikey.States() {
		states = append(states, string(s))
	}
	for _, p := range apikey.Permissions() {
		permissions = append(permissions, p.String())
	}
	for _, s := range apikey.Sorts() {
		sorts = append(sorts, string(s), "-"+string(s))
	}
	for _, c := range apikey.DecisionCodes() {
		if c != apikey.CodeUnavailable && c != apikey.CodeInvalid { // which are problems
			codes = append(codes, string(c))
		}
	}
	require.Equal(t, roles, words(schemas["Role"].Value))
	require.Equal(t, append([]string{""}, roles...), words(schemas["Whoami"].Value.Properties["role"].Value))
	require.Equal(t, states, words(schemas["State"].Value))
	require.Equal(t, permissions, words(schemas["Permission"].Value))
	require.Equal(t, append([]string{""}, permissions...), words(schemas["VerifyRequest"].Value.Properties["permission"].Value))
	ofRequests := []string{string(apikey.CodeNoEndpoint), string(apikey.CodeMethodNotAllowed), string(apikey.CodeInvalid)}
	require.ElementsMatch(t, append(ofRequests, codes...), words(schemas["VerifyResponse"].Value.Properties["code"].Value))

	list := description.Paths.Value("/v1/keys").Get
	require.Equal(t, append([]string{""}, sorts...), words(list.Parameters.GetByInAndName("query", "sort").Schema.Value))
	require.Equal(t, append([]string{""}, states...), words(list.Parameters.GetByInAndName("query", "state").Schema.Value))
}

// Each route takes the parameters that are described, and refuses others.
func TestRoutesTakeTheParametersThatAreDescribed(t *testing.T) {
	s := start(t)
	placeholder := regexp.MustCompile(`\{[a-z]+\}`)
	for path, item := range description.Paths.Map() {
		for method, operation := range item.Operations() {
			if path == "/v1/health" || path == "/openapi.json" { // which programs ask that add what they like
				continue
			}
			var takes []string
			for _, p := range operation.Parameters {
				if p.Value.In == "query" {
					takes = append(takes, p.Value.Name)
				}
			}
			want := "it takes none"
			if len(takes) > 0 {
				want = "it takes " + strings.Join(takes, ", ")
			}
			r := s.do(t, "admin", method, placeholder.ReplaceAllString(path, "0123456789ab")+"?zz=1", "")
			require.Equal(t, http.StatusBadRequest, r.StatusCode, "%s %s: %s", method, path, r.body)
			problem := decode[api.Problem](t, r.body)
			require.Equal(t, []apikey.FieldError{{Field: "zz", Detail: "is not a parameter of this route; " + want}}, problem.Errors, path)
		}
	}
}
