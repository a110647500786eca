package confine_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/confine"
)

// passing is a server that confines requests to tenants and passes them on to a backend, as the gate does.
func passing(t testing.TB, way confine.Way, backend string, p apikey.Permission, tenants ...string) (address string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := way.Confine(&confine.Request{
			Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Header: r.Header, Body: r.Body, Require: p,
		}, tenants)
		if err != nil {
			api.ProblemOf(err).Write(w)
			return
		}
		body := io.Reader(r.Body)
		if c.Form != nil {
			r.Header.Set("Content-Type", confine.FormType)
			body = bytes.NewReader(c.Form)
		}
		out, _ := http.NewRequestWithContext(r.Context(), r.Method, backend+r.URL.Path+"?"+c.Query, body)
		out.Header = r.Header
		out.Header.Del("Accept-Encoding")
		res, err := http.DefaultTransport.RoundTrip(out)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		answer, _ := io.ReadAll(res.Body)
		if c.Answer != nil && res.StatusCode == http.StatusOK {
			if answer, err = c.Answer(answer); err != nil {
				w.WriteHeader(http.StatusBadGateway)
			}
		}
		w.WriteHeader(res.StatusCode)
		_, _ = w.Write(answer)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// answer is what came back.
type answer struct {
	status int
	body   string
}

func send(t testing.TB, method, address, body string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return answer{res.StatusCode, string(b)}
}

func get(t testing.TB, address string) answer {
	t.Helper()
	return send(t, http.MethodGet, address, "")
}

func postForm(t testing.TB, address string, form url.Values) answer {
	t.Helper()
	return send(t, http.MethodPost, address, form.Encode(), "Content-Type", confine.FormType)
}

// data returns the data of a successful answer of the Prometheus API.
func (a answer) data(t testing.TB) (data any) {
	t.Helper()
	var whole struct {
		Status string
		Data   any
	}
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.NoError(t, json.Unmarshal([]byte(a.body), &whole), a.body)
	require.Equal(t, "success", whole.Status, a.body)
	return whole.Data
}

func TestNamesOfLabels(t *testing.T) {
	for name, ok := range map[string]bool{
		"tenant": true, "Tenant_1": true, "_t": true, "": false, "1t": false, "a-b": false, "a.b": false, "ä": false,
		"__name__": false, "__t": false, "a b": false, "a\n": false,
	} {
		require.Equal(t, ok, confine.CheckLabel(name) == nil, "%q", name)
	}
}
