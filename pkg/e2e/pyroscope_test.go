package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	grafana "github.com/grafana/pyroscope-go"
	former "github.com/pyroscope-io/client/pyroscope"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/origin/origintest"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// TestPyroscope lets both of Pyroscope's own profilers push through the gate,
// with every kind of key.
func TestPyroscope(t *testing.T) {
	t.Parallel()
	up := newUpstream(t, nil)
	s := serveDeployed(t, "pyroscope/ostiary.yaml", nil, "127.0.0.1:4041", up.host())
	h := &pyroscopeHouse{t: t, up: up, tap: newTap(t, s.gate)}
	agent := s.issue(api.CreateKey{Name: "agent", Role: "Agent"})
	viewer := s.token("viewer", "ReadOnly")

	for name, push := range map[string]func(token string) string{"AuthToken": h.pushAuthToken, "Basic": h.pushBasic, "the former client": h.pushFormer} {
		t.Run(name, func(t *testing.T) {
			h.t = t
			require.Empty(t, push(agent.Token))
			h.requireWhole(agent.Key.ID)
			for token, want := range map[string]string{viewer: "403", "": "401", agent.Token[:65] + "-": "401"} {
				complaint := push(token)
				require.Contains(t, complaint, want)
				require.NotContains(t, complaint, agent.Token)
				require.NotEmpty(t, h.tap.forget(), "the client tried")
				require.Empty(t, h.up.forget(), "and nothing came through")
			}
		})
	}

	h.t = t
	s.expire(agent.Key.ID)
	complaint := h.pushAuthToken(agent.Token)
	require.Contains(t, complaint, "(401)")
	require.Contains(t, complaint, `"code":"expired"`, "the agent's log says why")
	require.NotEmpty(t, h.tap.forget())
	require.Empty(t, up.forget())

	t.Run("a key that Pyroscope made", func(t *testing.T) {
		h.t = t
		database := filepath.Join(t.TempDir(), "pyroscope.db")
		keys := origintest.Pyroscope(database, origintest.Key{Name: "former agent", Role: "Agent"}, origintest.Key{Name: "former reader", Role: "ReadOnly"})
		s.takeOver("pyroscope", database)
		require.Empty(t, h.pushAuthToken(keys[0]))
		h.requireWhole(s.key("former agent").ID)
		require.Contains(t, h.pushAuthToken(keys[1]), "(403)")
		h.tap.forget()
	})

	t.Run("open", func(t *testing.T) {
		open := serveDeployed(t, "pyroscope/ostiary.yaml", nil, "127.0.0.1:4041", up.host(), "enabled: true", "enabled: false")
		require.Contains(t, open.log.String(), `level=WARN msg="ingestion is open: anyone may send data without a key" endpoints=pyroscope setting=auth.ingestion.enabled`)
		require.NotContains(t, s.log.String(), "ingestion is open")
		h := &pyroscopeHouse{t: t, up: up, tap: newTap(t, open.gate)}
		require.Empty(t, h.push(grafana.Config{}), "anyone can send data")
		require.Empty(t, h.push(bearerConfig(agent.Token)), "also who still sends a key that has expired")
		arrived := up.forget()
		requireSame(t, h.tap.forget(), arrived)
		for _, r := range arrived {
			require.Empty(t, r.Header.Values("Authorization"), "which goes no further")
		}
	})

	// What is not pushed is read.
	require.Equal(t, "200", status(t, s.gate+"/pyroscope/render?query=x", viewer))
	require.Equal(t, "403", status(t, s.gate+"/pyroscope/render?query=x", s.token("other agent", "Agent")))
}

// pyroscope answers as 0.37 and 1.x do to what they can read, and to the rest
// as strictly as the stricter of the two: a name says at its end what was
// measured, and a query is in the form of the version.
func pyroscope(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query().Get("query")
	good := true
	switch r.URL.Path {
	case "/ingest", "/pyroscope/ingest":
		_, kind := path.Split(strings.ReplaceAll(r.URL.Query().Get("name"), ".", "/"))
		good = r.Method == http.MethodPost && slices.Contains([]string{"cpu", "inuse_space", "alloc_space"}, kind)
	case "/render":
		good = regexp.MustCompile(`^[\w.]+\.cpu$`).MatchString(query) && r.URL.Query().Get("format") == "json"
	case "/pyroscope/render":
		good = regexp.MustCompile(`^\w+(:\w+){4}\{\w+="[^"]*"\}$`).MatchString(query)
	}
	if !good {
		w.WriteHeader(http.StatusBadRequest)
	}
}

// pyroscopeHouse is a profiled program, its way to the gate, and what stands
// behind that.
type pyroscopeHouse struct {
	t       testing.TB
	tap, up *upstream
}

// pushAuthToken profiles this program with pyroscope-go as its handbook says,
// and returns what the client complains about.
func (h *pyroscopeHouse) pushAuthToken(token string) (complaint string) {
	return h.push(bearerConfig(token))
}

// bearerConfig is the configuration that Pyroscope's handbook shows.
func bearerConfig(token string) grafana.Config {
	return grafana.Config{AuthToken: token} //nolint:staticcheck // deprecated, and what users of that handbook have
}

// pushBasic is pushAuthToken with a user name and password.
func (h *pyroscopeHouse) pushBasic(token string) (complaint string) {
	return h.push(grafana.Config{BasicAuthUser: "agent", BasicAuthPassword: token})
}

func (h *pyroscopeHouse) push(cfg grafana.Config) (complaint string) {
	h.t.Helper()
	var errs complaints
	cfg.ApplicationName, cfg.ServerAddress, cfg.Logger = "simple.golang.app", h.tap.URL, &errs
	cfg.UploadRate = time.Hour // it is told when
	cfg.ProfileTypes = append([]grafana.ProfileType{grafana.ProfileGoroutines, grafana.ProfileMutexCount}, grafana.DefaultProfileTypes...)
	profiler, err := grafana.Start(cfg)
	require.NoError(h.t, err)
	work()
	profiler.Flush(true)
	require.NoError(h.t, profiler.Stop())
	return errs.String()
}

// pushFormer profiles this program with the client that the handbook of
// Pyroscope names.
func (h *pyroscopeHouse) pushFormer(token string) (complaint string) {
	h.t.Helper()
	for range 5 { // a program that ends may lose its last profile
		if complaint = h.pushFormerOnce(token); !h.tap.empty() {
			break
		}
	}
	return complaint
}

func (h *pyroscopeHouse) pushFormerOnce(token string) (complaint string) {
	h.t.Helper()
	// It cuts time into tens of seconds and shares its buffers without a lock
	// at each cut, so stay clear of them.
	if left := time.Until(time.Now().Truncate(10 * time.Second).Add(10 * time.Second)); left < 5*time.Second {
		time.Sleep(left)
	}
	var errs complaints
	profiler, err := former.Start(former.Config{
		ApplicationName: "simple.golang.app", ServerAddress: h.tap.URL, AuthToken: token, Logger: &errs, ProfileTypes: []former.ProfileType{former.ProfileCPU},
	})
	require.NoError(h.t, err)
	work()
	require.NoError(h.t, profiler.Stop())
	return errs.String()
}

// work gives a profiler something to see.
func work() {
	data := bytes.Repeat([]byte("profile me "), 1<<16)
	for began := time.Now(); time.Since(began) < 100*time.Millisecond; {
		z := gzip.NewWriter(io.Discard)
		_, _ = z.Write(data)
		_ = z.Close()
	}
	runtime.GC()
}

// requireWhole demands that all that was pushed arrived byte for byte, that
// it can be read, and that the upstream got whose it is, and not the key.
func (h *pyroscopeHouse) requireWhole(id string) {
	h.t.Helper()
	sent, arrived := h.tap.forget(), h.up.forget()
	require.NotEmpty(h.t, sent)
	requireSame(h.t, sent, arrived)
	for _, r := range arrived {
		require.Equal(h.t, http.MethodPost, r.Method)
		u, err := url.ParseRequestURI(r.URI)
		require.NoError(h.t, err)
		require.Equal(h.t, "/ingest", u.Path)
		require.Contains(h.t, u.Query().Get("name"), "simple.golang.app")
		require.Equal(h.t, id, r.Header.Get("X-Ostiary-Key-Id"))
		require.Empty(h.t, r.Header.Values("Authorization"))
		requireProfile(h.t, r)
	}
}

// requireProfile reads the parts of a push: a gzipped profile with its
// checksum, and the types of its samples.
func requireProfile(t testing.TB, r request) {
	t.Helper()
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	require.NoError(t, err)
	parts := 0
	for reader := multipart.NewReader(bytes.NewReader(r.Body), params["boundary"]); ; parts++ {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		content, err := io.ReadAll(part)
		require.NoError(t, err)
		switch part.FormName() {
		case "profile", "prev_profile":
			z, err := gzip.NewReader(bytes.NewReader(content))
			require.NoError(t, err)
			profile, err := io.ReadAll(z)
			require.NoError(t, err, "the checksum at its end")
			require.NotEmpty(t, profile)
		case "sample_type_config":
			require.True(t, json.Valid(content), "%s", content)
		default:
			t.Fatalf("a part %q", part.FormName())
		}
	}
	require.Positive(t, parts)
}

// complaints is a client's log of which only the errors are kept.
type complaints struct{ servertest.Output }

func (*complaints) Infof(string, ...any)  {}
func (*complaints) Debugf(string, ...any) {}
func (c *complaints) Errorf(format string, args ...any) {
	_, _ = fmt.Fprintf(c, format+"\n", args...)
}
