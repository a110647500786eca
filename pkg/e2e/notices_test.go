package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/store/postgres/pgtest"
)

const hookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="

// hooks are webhooks that came, by their ids.
type hooks struct {
	url string

	mu     sync.Mutex
	status int
	came   []hook
}

type hook struct {
	id   string
	Type string
	Data struct {
		KeyName string
		Text    string
		Uses    []struct{ Address, UserAgent string }
	}
}

// receiveHooks takes webhooks as any receiver with a library does.
func receiveHooks(t testing.TB) *hooks {
	h := &hooks{status: http.StatusOK}
	wh, err := standardwebhooks.NewWebhook(hookSecret)
	require.NoError(t, err)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		one := hook{id: r.Header.Get("webhook-id")}
		if err := wh.Verify(body, r.Header); err != nil {
			t.Errorf("a webhook that cannot be verified: %v", err)
		}
		if err := json.Unmarshal(body, &one); err != nil {
			t.Errorf("a webhook that is no JSON: %v", err)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.status == http.StatusOK {
			h.came = append(h.came, one)
		}
		w.WriteHeader(h.status)
	}))
	t.Cleanup(s.Close)
	h.url = s.URL + "/hook"
	return h
}

func (h *hooks) answer(status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status = status
}

// of returns those about a key.
func (h *hooks) of(event, key string) (list []hook) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, one := range h.came {
		if one.Type == event && one.Data.KeyName == key {
			list = append(list, one)
		}
	}
	return list
}

// ids are those of the notices about a key, which may come twice, of which the receiver then knows by the id.
func (h *hooks) ids(event, key string) map[string]bool {
	ids := map[string]bool{}
	for _, one := range h.of(event, key) {
		ids[one.id] = true
	}
	return ids
}

// requireOnce waits for a notice, of which there is one.
func (h *hooks) requireOnce(t testing.TB, event, key string) {
	t.Helper()
	require.Eventually(t, func() bool { return len(h.of(event, key)) > 0 }, servertest.Patience, 20*time.Millisecond,
		"%s %s", event, key)
	require.Len(t, h.ids(event, key), 1, "%s %s", event, key)
}

// tellHooks is a configuration that tells of everything.
func tellHooks(t testing.TB, dir string, h *hooks) (file string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "hook.secret"), []byte(hookSecret), 0o600))
	file = filepath.Join(dir, "ostiary.yaml")
	require.NoError(t, os.WriteFile(file,
		[]byte("notices: {before_end: [1d], to: [{webhook: '"+h.url+"', secret_file: hook.secret}]}\n"), 0o600))
	return file
}

// requireNoneWaits waits until all that was told is delivered.
func requireNoneWaits(t testing.TB, s *server) {
	t.Helper()
	require.Eventually(t, func() bool {
		list, err := s.client(s.adminKey()).Notices(t.Context(), client.NoticeQuery{State: "pending"})
		return err == nil && len(list.Notices) == 0
	}, servertest.Patience, 50*time.Millisecond)
}

// documentedNotices is the configuration of the page, with a test's addresses.
func documentedNotices(t testing.TB, dir, webhook string) string {
	t.Helper()
	_, text, found := strings.Cut(document(t, "docs/notices.md"), "```yaml\n")
	require.True(t, found)
	text, _, _ = strings.Cut(text, "```")
	for was, is := range map[string]string{
		"https://hooks.example.com/ostiary": webhook,
		"smtps://keys@mail.example.com:465": "smtp://keys@127.0.0.1:1",
		"http://127.0.0.1:9093":             "http://127.0.0.1:1",
		"labels: {team: sre}  ":             "labels: {team: sre}  ",
	} {
		require.Contains(t, text, was)
		text = strings.ReplaceAll(text, was, is)
	}
	for name, content := range map[string]string{"hook.secret": hookSecret, "smtp.pass": "mail-password"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content+"\n"), 0o600))
	}
	file := filepath.Join(dir, "ostiary.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

// TestNoticesOfAServer runs a server with the configuration of docs/notices.md
// and goes through what can be seen in a minute.
func TestNoticesOfAServer(t *testing.T) {
	t.Parallel()
	h, dir := receiveHooks(t), t.TempDir()
	file := documentedNotices(t, dir, h.url)
	s := serve(t, dir, "--config", file)
	admin := s.client(s.adminKey())
	eventually := func(why string, is func() bool) {
		t.Helper()
		require.Eventually(t, is, servertest.Patience, 20*time.Millisecond, why)
	}
	labels := map[string]string{"team": "sre"}
	for name, ttl := range map[string]api.Span{"soon": "12h", "over": "2s"} {
		issued, err := admin.Create(t.Context(), api.CreateKey{Name: name, Role: "Viewer", Labels: labels, ExpiresIn: ttl})
		require.NoError(t, err)
		if name == "over" {
			eventually("it ends", func() bool { return askGate(s, issued.Token) == http.StatusUnauthorized })
		}
	}
	_, err := admin.Create(t.Context(), api.CreateKey{Name: "theirs", Role: "Viewer", ExpiresIn: "12h"})
	require.NoError(t, err)
	eventually("a key that ends", func() bool { return len(h.of("key.ending", "soon")) == 1 })
	eventually("a key that ended", func() bool { return len(h.of("key.ended", "over")) == 1 })
	eventually("and is still used", func() bool { return len(h.of("key.expired_in_use", "over")) == 1 })
	used := h.of("key.expired_in_use", "over")[0]
	require.Equal(t, "127.0.0.1", used.Data.Uses[0].Address)
	require.Contains(t, used.Data.Uses[0].UserAgent, "Go-http-client")
	require.Empty(t, h.of("key.ending", "theirs"), "it lacks the label")

	// The channels that nobody answers at are on record, and can be tried again.
	list, err := admin.Notices(t.Context(), client.NoticeQuery{State: "pending"})
	require.NoError(t, err)
	waits := slices.IndexFunc(list.Notices, func(n api.Notice) bool { return n.Channel == "email" })
	require.GreaterOrEqual(t, waits, 0)
	require.Equal(t, "ops@example.com", list.Notices[waits].To)
	again, err := admin.RetryNotice(t.Context(), list.Notices[waits].ID)
	require.NoError(t, err)
	require.Equal(t, apikey.NoticePending, again.State)
	tested, err := admin.TestNotices(t.Context())
	require.NoError(t, err)
	states := map[string]apikey.NoticeState{}
	for _, n := range tested.Notices {
		states[n.Channel] = n.State
		require.NotContains(t, n.Error, "mail-password")
	}
	require.Equal(t, map[string]apikey.NoticeState{"webhook": apikey.NoticeDelivered, "email": apikey.NoticeFailed,
		"alertmanager": apikey.NoticeFailed}, states)

	// A reload with a mistake changes nothing; a good one takes the label away.
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	reload := func(content, wait string) {
		t.Helper()
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
		require.NoError(t, s.cmd.Process.Signal(syscall.SIGHUP))
		eventually(wait, func() bool { return strings.Contains(s.log.String(), wait) })
	}
	reload(strings.ReplaceAll(string(content), "key.*", "kee.*"), "fits no event")
	_, err = admin.Create(t.Context(), api.CreateKey{Name: "after a mistake", Role: "Viewer", Labels: labels, ExpiresIn: "12h"})
	require.NoError(t, err)
	eventually("the old one is in force", func() bool { return len(h.of("key.ending", "after a mistake")) == 1 })
	reload(strings.ReplaceAll(string(content), "{team: sre}", "{}"), "the configuration was reloaded")
	_, err = admin.Create(t.Context(), api.CreateKey{Name: "without a label", Role: "Viewer", ExpiresIn: "12h"})
	require.NoError(t, err)
	eventually("the new one is", func() bool { return len(h.of("key.ending", "without a label")) == 1 })

	// What waits when the server stops is delivered by the next.
	h.answer(http.StatusServiceUnavailable)
	_, err = admin.Create(t.Context(), api.CreateKey{Name: "late", Role: "Admin", ExpiresIn: "2d"})
	require.NoError(t, err)
	s.stop()
	h.answer(http.StatusOK)
	s = serve(t, dir, "--config", file)
	eventually("it arrives", func() bool { return len(h.of("key.admin_created", "late")) == 1 })
	require.NotContains(t, s.log.String(), hookSecret)
}

// TestNoticesOfSeveralServers makes keys through three servers on one store, of
// which one is killed: each key is told of, under one id.
func TestNoticesOfSeveralServers(t *testing.T) {
	t.Parallel()
	pg, err := pgtest.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pg.Remove()) })
	h, dir := receiveHooks(t), t.TempDir()
	servers := serveTogether(t, 3, pg.URL("postgres"), "--config", documentedNotices(t, dir, h.url))
	key := servers[0].adminKey()
	create := func(at *server, name string) {
		t.Helper()
		_, err := at.client(key).Create(t.Context(), api.CreateKey{Name: name, Role: "Viewer", Labels: map[string]string{"team": "sre"}, ExpiresIn: "12h"})
		require.NoError(t, err)
	}
	var names []string
	for i := range 15 {
		names = append(names, "key "+string(rune('a'+i)))
		if i == 7 {
			servers[0].kill()
			servers = servers[1:]
		}
		create(servers[i%len(servers)], names[i])
	}
	ids := map[string]bool{}
	for _, name := range names {
		require.Eventually(t, func() bool { return len(h.of("key.ending", name)) > 0 }, 2*servertest.Patience, 20*time.Millisecond, name)
		for _, one := range h.of("key.ending", name) {
			ids[one.id] = true
		}
	}
	require.Len(t, ids, len(names), "one id for each, however often it came")
}

// TestNoticesWhileTheStoreIsAway kills a PostgreSQL under two servers while a notice waits, and stops it once more: each
// server tells of it although there is nowhere to write that, and what waited is told of when the store is back.
func TestNoticesWhileTheStoreIsAway(t *testing.T) {
	t.Parallel()
	pg, err := pgtest.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pg.Remove()) })
	h, dir := receiveHooks(t), t.TempDir()
	servers := serveTogether(t, 2, pg.URL("postgres"), "--config", tellHooks(t, dir, h))
	key := servers[0].adminKey()
	create := func(at int, name string) {
		t.Helper()
		require.Eventually(t, func() bool { // the store may be coming up
			_, err := servers[at].client(key).Create(t.Context(), api.CreateKey{Name: name, Role: "Viewer", ExpiresIn: "12h"})
			return err == nil || apikey.ErrorCode(err) == apikey.CodeDuplicateName
		}, servertest.Patience, 100*time.Millisecond)
	}
	for i, end := range []func() error{pg.Kill, pg.Stop} {
		before, after := "before "+string(rune('a'+i)), "after "+string(rune('a'+i))
		h.answer(http.StatusServiceUnavailable)
		create(0, before)
		require.NoError(t, end())
		h.answer(http.StatusOK)
		require.Eventually(t, func() bool { return len(h.ids("store.away", "")) == 2*(i+1) }, servertest.Patience,
			20*time.Millisecond, "each server tells of it")
		require.Empty(t, h.of("key.ending", before), "which nobody knows of now")
		require.NoError(t, pg.Run())
		create(1, after)
		h.requireOnce(t, "key.ending", before)
		h.requireOnce(t, "key.ending", after)
		requireNoneWaits(t, servers[0])
		require.Len(t, h.ids("store.away", ""), 2*(i+1), "once each")
	}
}
