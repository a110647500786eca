package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The transcripts of docs/key-apis.md, one after the other, on a new server.
func TestTheDocumentedKeyAPIs(t *testing.T) {
	s := serve(t, t.TempDir())
	address := strings.TrimPrefix(s.management, "http://")

	commands := 0
	for _, block := range regexp.MustCompile("(?s)\n```console\n(.*?)\n```").FindAllStringSubmatch(document(t, "docs/key-apis.md"), -1) {
		for _, step := range strings.Split("\n"+block[1], "\n$ ")[1:] {
			command, want := transcript(step)
			printed := s.bash(t, "unset OSTIARY_API_KEY_FILE; export OSTIARY_API_KEY=$(< admin.key)\n"+strings.ReplaceAll(command, "127.0.0.1:7171", address))
			require.Regexp(t, want, strings.TrimSpace(printed), command)
			commands++
		}
	}
	require.Equal(t, 20, commands)
}

// transcript takes a step of a transcript apart: the command, with its
// continued lines, and what it prints, in which … matches anything.
func transcript(step string) (command string, want *regexp.Regexp) {
	lines := strings.Split(step, "\n")
	n := 1
	for n < len(lines) && strings.HasSuffix(lines[n-1], `\`) {
		n++
	}
	printed := strings.TrimSpace(strings.Join(lines[n:], "\n"))
	form := strings.ReplaceAll(regexp.QuoteMeta(printed), "…", `[^\n]*?`)
	return strings.Join(lines[:n], "\n"), regexp.MustCompile("^" + form + "$")
}

// StackState's own command line, where it is installed: a release of 3.0,
// under the name sts. What it sends is tested in pkg/compat in any case.
func TestStackStatesOwnCommandLine(t *testing.T) {
	program, err := exec.LookPath("sts")
	if err != nil {
		t.Skip("sts is not installed")
	}
	dir := t.TempDir()
	s := serve(t, dir)
	sts := func(signIn string, args ...string) (string, int) {
		cmd := exec.Command(program, append([]string{"--no-color", "--url", s.management, signIn, s.adminKey(), "ingestion-api-key"}, args...)...)
		cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir)
		out, _ := cmd.CombinedOutput()
		return string(out), cmd.ProcessState.ExitCode()
	}
	out, exit := sts("--api-token", "create", "--name", "my-ingestion-api-key")
	require.Zero(t, exit, out)
	require.Regexp(t, `Ingestion API Key generated: ost_\w{62}\n`, out)
	out, exit = sts("--service-token", "create", "--name", "otel", "--description", "OTel Collector", "--expiration", "2099-12-31")
	require.Zero(t, exit, out)
	out, exit = sts("--service-token", "list")
	require.Zero(t, exit, out)
	require.Regexp(t, `(?m)^ID \| NAME +\| EXPIRATION \| DESCRIPTION *$`, out)
	require.Regexp(t, `(?m)^2  \| my-ingestion-api-key \| +\| - +$`, out)
	require.Regexp(t, `(?m)^3  \| otel +\| 2099-12-31 \| OTel Collector *$`, out)
	out, exit = sts("--api-token", "delete", "--id", "2")
	require.Zero(t, exit, out)
	require.Contains(t, out, "Ingestion Api Key deleted: 2\n")
	out, exit = sts("--api-token", "delete", "--id", "2")
	require.NotZero(t, exit)
	require.Contains(t, out, "404 Not Found\n_type: IngestionApiKeyNotFoundError\nmessage: There is no key with that id.")
	out, exit = sts("--api-token", "create", "--name", "late", "--expiration", "2020-01-01")
	require.NotZero(t, exit)
	require.Contains(t, out, "400 Bad Request\n_type: IngestionApiKeyInvalidExpiryError\n")
}

// misuseKeyAPIs sends a token to every route of the other systems' APIs, in
// every place where it does not belong. It returns the tokens that it made
// where tokens belong.
func misuseKeyAPIs(t *testing.T, w *witness, s *server, admin, token string, i int) (made []string) {
	const pyroscope, grafana, stackState = "/api/keys", "/api/auth/keys", "/api/security/ingestion/api_keys"
	for _, route := range []struct{ path, field, body string }{
		{pyroscope, "key", `{"name":"p-%d","role":"Agent"}`}, {grafana, "key", `{"name":"g-%d","role":"Viewer"}`}, {stackState, "apiKey", `{"name":"s-%d"}`},
	} {
		made = append(made, makeKey(t, s.management+route.path, admin, fmt.Sprintf(route.body, i), route.field))
	}
	bodies := []string{
		fmt.Sprintf(`{"name":%q,"role":"Admin"}`, token),
		fmt.Sprintf(`{"name":"x","role":%q,"description":%q}`, token, token),
		fmt.Sprintf(`{"name":"x","role":"Admin","ttlSeconds":%q,"secondsToLive":%q,"expiration":%q}`, token, token, token),
		fmt.Sprintf(`{%q:1}`, token), fmt.Sprintf(`{"apiKey":[%q]}`, token), fmt.Sprintf(`{"apiKey":"%s`, token), fmt.Sprintf(`{"apiKey":%q}`, token), token,
	}
	for _, path := range []string{pyroscope, grafana, "/graph" + grafana, stackState, "/api/security/ingestion/authorize", "/api/server/info"} {
		for _, body := range bodies {
			send(t, w, "POST", s.management+path, body, "Bearer "+admin)
		}
		for _, authorization := range []string{"", "Bearer " + token, "Bearer " + token[:60] + "zzzzzz", basic("api_key:" + token), basic(token + ":x")} {
			send(t, w, "GET", s.management+path+"?includeExpired="+token, "", authorization)
			send(t, w, "DELETE", s.management+path+"/"+token, "", authorization)
			send(t, w, "POST", s.management+path+"/"+token, "{}", authorization, "X-Api-Token", token)
		}
		send(t, w, "DELETE", s.management+path+"/"+token, "", "", "X-Api-Token", admin)
	}
	return made
}

// makeKey makes a key over another system's API and returns its token.
func makeKey(t *testing.T, address, admin, body, field string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("X-Api-Key", admin)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(answer, &fields), "%s", answer)
	token, _ := fields[field].(string)
	require.Len(t, token, len(admin), "%s", answer)
	return token
}
