package compat_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/node"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// house is a server as "ostiary serve" runs it, in this process.
type house struct {
	*node.Node
	url   string
	admin string // the first Admin key
	log   *servertest.Output
}

// start runs a server with settings: pairs of a key, as in the configuration
// file, and its value.
func start(tb testing.TB, settings ...string) *house {
	tb.Helper()
	set := map[string]string{"data_dir": filepath.Join(tb.TempDir(), "data"), "listen": "127.0.0.1:0", "gate.listen": "", "policy.default_ttl": "never"}
	for i := 0; i < len(settings); i += 2 {
		set[settings[i]] = settings[i+1]
	}
	cfg, err := config.Load(config.Source{Defaults: set})
	require.NoError(tb, err)
	h := &house{log: &servertest.Output{}}
	console := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "console "+r.URL.Path) })
	h.Node, err = node.Start(tb.Context(), cfg, node.Options{Bootstrap: true, Console: console, Logger: config.Log{}.Logger(h.log)})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, h.Close(context.WithoutCancel(tb.Context()))) })
	h.url, h.admin = h.ManagementURL(), h.FirstKey().Token
	return h
}

// as is a context in which an Admin of an organization asks the Service.
func as(tb testing.TB, org int64) context.Context {
	tb.Helper()
	return apikey.WithCaller(tb.Context(), apikey.Caller{OrgID: org, Login: "test", Role: apikey.RoleAdmin, Addr: netip.MustParseAddr("192.0.2.1")})
}

// key makes a key of an organization, not over any of the APIs.
func (h *house) key(tb testing.TB, org int64, name string, role apikey.Role) *apikey.Issued {
	tb.Helper()
	issued, err := h.Service().Create(as(tb, org), apikey.NewKey{Name: name, Role: role})
	require.NoError(tb, err)
	return issued
}

// reply is an answer that has been read.
type reply struct {
	*http.Response
	body string
}

// do sends a request with the Admin key, unless a header says otherwise.
// Headers are pairs.
func (h *house) do(tb testing.TB, method, path, body string, headers ...string) reply {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), method, h.url+path, strings.NewReader(body))
	require.NoError(tb, err)
	if len(headers) == 0 {
		headers = []string{"Authorization", "Bearer " + h.admin}
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(tb, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(tb, err)
	require.Equal(tb, "application/json", resp.Header.Get("Content-Type"), "%s %s: %s", method, path, answer)
	require.Equal(tb, "no-store", resp.Header.Get("Cache-Control"))
	if resp.StatusCode >= 400 {
		require.Equal(tb, apikey.Redact(string(answer)), string(answer), "an error holds a token")
	}
	return reply{resp, string(answer)}
}

// read reads an answer that must have a status.
func read[T any](tb testing.TB, r reply, status int) T {
	tb.Helper()
	require.Equal(tb, status, r.StatusCode, r.body)
	var v T
	require.NoError(tb, json.Unmarshal([]byte(r.body), &v), r.body)
	return v
}

// object is a JSON object as it is on the wire.
type object = map[string]any

// refused reads an error in the form of a system, as its sentences.
func refused(tb testing.TB, system, body string) string {
	tb.Helper()
	switch system {
	case "pyroscope":
		var form struct{ Errors []string }
		decode(tb, body, &form)
		return strings.Join(form.Errors, "; ")
	case "grafana":
		var form struct{ Message, Error string }
		decode(tb, body, &form)
		require.NotEmpty(tb, form.Message)
		return strings.TrimSuffix(form.Message+": "+form.Error, ": ")
	}
	var form struct {
		Type    string `json:"_type"`
		Message string
	}
	decode(tb, body, &form)
	require.Regexp(tb, `^[A-Z]\w+Error$`, form.Type)
	return form.Type + ": " + form.Message
}

func decode(tb testing.TB, text string, into any) {
	tb.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	require.NoError(tb, decoder.Decode(into), text)
}

// status asks whether a token would be let in on the management listener.
func (h *house) status(tb testing.TB, token string) int {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, h.url+api.BasePath+"/v1/whoami", http.NoBody)
	require.NoError(tb, err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(tb, err)
	require.NoError(tb, resp.Body.Close())
	return resp.StatusCode
}

// soon waits for what takes a moment.
func soon(tb testing.TB, what func() bool) {
	tb.Helper()
	require.Eventually(tb, what, servertest.Patience, 20*time.Millisecond)
}
