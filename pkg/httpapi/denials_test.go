package httpapi_test

import (
	"bufio"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

func TestDenials(t *testing.T) {
	s := start(t)
	k := s.create(t, "admin", `{"name":"edge","role":"Agent"}`)
	at := time.Now().UTC().Truncate(time.Millisecond)
	mine := apikey.Denial{OrgID: 1, At: at, Count: 2, Code: apikey.CodeExpired, Reason: "r", KeyID: k.Key.ID, Endpoint: "loki", Method: "POST", Path: "/push", Address: "192.0.2.7", UserAgent: "agent"}
	unknown := apikey.Denial{At: at, Count: 1, Code: apikey.CodeInvalidToken, TokenID: "nobodysToken", Path: "/x"}
	theirs := apikey.Denial{OrgID: 2, At: at, Count: 1, Code: apikey.CodeExpired}
	require.NoError(t, s.store.RecordDenials(t.Context(), []apikey.Denial{mine, unknown, theirs}))

	list := func(caller, query string) api.DenialList {
		t.Helper()
		r := s.do(t, caller, http.MethodGet, "/v1/denials"+query, "")
		require.Equal(t, http.StatusOK, r.StatusCode, r.body)
		return decode[api.DenialList](t, r.body)
	}
	all := list("admin", "")
	require.Len(t, all.Denials, 2)
	require.Equal(t, "edge", all.Denials[1].KeyName)
	require.Equal(t, int64(2), all.Denials[1].Count)
	require.Len(t, list("other", "").Denials, 1, "an organization sees its own, and the first those of nobody")
	for query, want := range map[string]int{
		"?keyId=" + k.Key.ID: 1, "?keyId=nobodysToken": 1, "?code=expired": 1, "?code=revoked": 0, "?endpoint=loki": 1, "?q=192.0.2.7+AGENT": 1,
		"?since=1h": 2, "?since=" + at.Add(time.Hour).Format(time.RFC3339): 0, "?limit=1": 1,
	} {
		require.Len(t, list("admin", query).Denials, want, query)
	}
	first := list("admin", "?limit=1")
	require.Len(t, list("admin", "?limit=1&cursor="+first.NextCursor).Denials, 1)

	for query, field := range map[string]string{
		"?keyId=x": "keyId", "?code=%00": "code", "?code=exipred": "code", "?code=valid": "code", "?endpoint=a%20b": "endpoint", "?since=soon": "since", "?limit=0": "limit", "?cursor=x": "cursor", "?q=%ff": "q",
	} {
		p := problem(t, s.doLoosely(t, "admin", http.MethodGet, "/v1/denials"+query, ""))
		require.Equal(t, http.StatusBadRequest, p.Status, query)
		require.Equal(t, field, p.Errors[0].Field, query)
	}
	require.Equal(t, http.StatusForbidden, s.do(t, "viewer", http.MethodGet, "/v1/denials", "").StatusCode)
	require.Equal(t, http.StatusUnauthorized, s.do(t, "", http.MethodGet, "/v1/denials", "").StatusCode)
}

// TestDenialsByTime turns pages of what another server wrote later than it happened.
func TestDenialsByTime(t *testing.T) {
	s := start(t)
	at := time.Now().UTC().Truncate(time.Millisecond)
	denial := func(path string, ago time.Duration) apikey.Denial {
		return apikey.Denial{OrgID: 1, At: at.Add(-ago), Count: 1, Code: apikey.CodeExpired, Path: path}
	}
	require.NoError(t, s.store.RecordDenials(t.Context(),
		[]apikey.Denial{denial("/4", 40*time.Second), denial("/2", 20*time.Second), denial("/1", 0)}))
	require.NoError(t, s.store.RecordDenials(t.Context(),
		[]apikey.Denial{denial("/5", 50*time.Second), denial("/3", 30*time.Second)}))
	pages := func(cursor string) (paths string) {
		t.Helper()
		for {
			r := s.do(t, "admin", http.MethodGet, "/v1/denials?limit=2&cursor="+cursor, "")
			require.Equal(t, http.StatusOK, r.StatusCode, r.body)
			page := decode[api.DenialList](t, r.body)
			for _, d := range page.Denials {
				paths += d.Path
			}
			if cursor = page.NextCursor; cursor == "" {
				return paths
			}
		}
	}
	require.Equal(t, "/1/2/3/4/5", pages(""))
	old := base64.RawURLEncoding.EncodeToString([]byte(`{"o":"denials","i":3}`))
	require.Equal(t, "/2/4", pages(old), "what an older server said leads on in its order")
}

// TestDenialsLive gives every refused request once, whichever server wrote it
// down, and in the order that others may have numbered them.
func TestDenialsLive(t *testing.T) {
	s := start(t)
	require.NoError(t, s.store.RecordDenials(t.Context(), []apikey.Denial{{OrgID: 1, At: time.Now(), Path: "/before"}}))
	r := s.request(t, "admin", http.MethodGet, "/v1/denials", "")
	r.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
	for _, path := range []string{"/one", "/two"} {
		require.NoError(t, s.store.RecordDenials(t.Context(), []apikey.Denial{{OrgID: 1, At: time.Now(), Path: path}, {OrgID: 2, Path: "/theirs"}}))
	}
	var paths, ids []string
	lines := bufio.NewScanner(resp.Body)
	for len(paths) < 2 && lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			paths = append(paths, decode[api.Denial](t, data).Path)
		}
		if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
			ids = append(ids, id)
		}
	}
	require.Equal(t, []string{"/one", "/two"}, paths)

	again := s.request(t, "admin", http.MethodGet, "/v1/denials", "")
	again.Header.Set("Accept", "text/event-stream")
	again.Header.Set("Last-Event-ID", ids[0])
	resumed, err := http.DefaultClient.Do(again)
	require.NoError(t, err)
	defer resumed.Body.Close()
	lines = bufio.NewScanner(resumed.Body)
	for lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			require.Equal(t, "/two", decode[api.Denial](t, data).Path, "it goes on behind the event that was seen last")
			break
		}
	}
}

// TestDenialsAreFollowed by the client, which takes up a stream that ended.
func TestDenialsAreFollowed(t *testing.T) {
	s := start(t)
	cut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("X-Test-Caller", "admin")
		ctx := r.Context()
		http.StripPrefix(api.BasePath, s.handler).ServeHTTP(w, r.WithContext(ctx))
	}))
	defer cut.Close()
	c, err := client.New(cut.URL)
	require.NoError(t, err)
	require.NoError(t, s.store.RecordDenials(t.Context(), []apikey.Denial{{OrgID: 1, At: time.Now(), Path: "/0"}}))
	next := 1
	for d, err := range c.FollowDenials(t.Context(), client.DenialQuery{Since: time.Now().Add(-time.Hour)}) {
		require.NoError(t, err)
		require.Equal(t, "/"+string(rune('0'+next-1)), d.Path)
		if next == 4 {
			return
		}
		cut.CloseClientConnections() // the stream ends; what comes meanwhile is not lost
		require.NoError(t, s.store.RecordDenials(t.Context(), []apikey.Denial{{OrgID: 1, At: time.Now(), Path: "/" + string(rune('0'+next))}}))
		next++
	}
	t.Fatal("the stream ended")
}
