//go:build unix

package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// hangUp makes the server reload its configuration.
func (s *server) hangUp() {
	s.t.Helper()
	require.NoError(s.t, s.cmd.Process.Signal(syscall.SIGHUP))
}

// logged waits until a text is in the log so often.
func (s *server) logged(text string, times int) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return strings.Count(s.log.String(), text) >= times }, time.Minute, time.Millisecond,
		"%q is not in the log %d times", text, times)
}

const (
	reloaded = "the configuration was reloaded"
	staysOld = "all of the old one stays"
)

// A hundred hang-ups under load, some with a mistake in the file: a download and
// a WebSocket from before go on, no request is lost, and no connection ends.
func TestSIGHUPUnderLoad(t *testing.T) {
	parts := make(chan string, 1)
	parts <- "begin "
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/download":
			for part := range parts {
				_, _ = io.WriteString(w, part)
				_ = http.NewResponseController(w).Flush()
			}
		case "/talk":
			c, err := websocket.Accept(w, r, nil)
			if err != nil {
				return
			}
			for {
				kind, message, err := c.Read(r.Context())
				if err != nil {
					return
				}
				_ = c.Write(r.Context(), kind, message)
			}
		default:
			_, _ = io.WriteString(w, "ok")
		}
	}))
	defer upstream.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "ostiary.yaml")
	write := func(name string) {
		content := fmt.Sprintf("gate:\n  tls: {self_signed: true}\n  endpoints:\n    - {name: all, path: /, require: read, upstream: %q}\n    - {name: %s, path: /%s, require: manage}\n", upstream.URL, name, name)
		require.NoError(t, os.WriteFile(config+".new", []byte(content), 0o600))
		require.NoError(t, os.Rename(config+".new", config))
	}
	write("first")
	s := serve(t, dir, "--config", config, "--log.level", "info")
	issued, err := s.client(s.adminKey()).Create(t.Context(), api.CreateKey{Name: "reader", Role: "Viewer"})
	require.NoError(t, err)
	pem, err := os.ReadFile(filepath.Join(dir, "data", "gate.crt"))
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(pem))
	newClient := func() *http.Client {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
		t.Cleanup(transport.CloseIdleConnections)
		return &http.Client{Transport: transport}
	}
	header := http.Header{"Authorization": {"Bearer " + issued.Token}}

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.gate+"/download", nil)
	require.NoError(t, err)
	request.Header = header
	download, err := newClient().Do(request)
	require.NoError(t, err)
	defer download.Body.Close()
	conn, _, err := websocket.Dial(t.Context(), strings.Replace(s.gate, "https", "wss", 1)+"/talk", &websocket.DialOptions{HTTPHeader: header, HTTPClient: newClient()})
	require.NoError(t, err)
	defer conn.CloseNow()

	var answered, connections atomic.Int64
	enough, cancel := context.WithCancel(t.Context())
	defer cancel()
	var busy sync.WaitGroup
	const clients = 4
	for range clients {
		c := newClient()
		busy.Go(func() {
			trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
				if !info.Reused {
					connections.Add(1)
				}
			}}
			for enough.Err() == nil {
				request, err := http.NewRequestWithContext(httptrace.WithClientTrace(context.Background(), trace), http.MethodGet, s.gate+"/x", nil)
				if err != nil {
					t.Error(err)
					return
				}
				request.Header = header
				res, err := c.Do(request)
				if err != nil {
					t.Error(err)
					return
				}
				_, err = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				if err != nil || res.StatusCode != http.StatusOK {
					t.Error(res.Status, err)
					return
				}
				answered.Add(1)
			}
		})
	}
	good, bad := 0, 0
	for i := range 100 {
		before := answered.Load()
		if i%3 == 2 {
			require.NoError(t, os.WriteFile(config, []byte("gate: {endpoints: [{name: all, path: nowhere}]}"), 0o600))
			bad++
		} else {
			write(fmt.Sprintf("name%d", i))
			good++
		}
		s.hangUp()
		s.logged(reloaded, good)
		s.logged(staysOld, bad)
		require.Eventually(t, func() bool { return answered.Load() > before || t.Failed() }, time.Minute, time.Millisecond)
	}
	for range 50 { // faster than a file can be read
		s.hangUp()
	}
	cancel()
	busy.Wait()
	require.EqualValues(t, clients, connections.Load(), "connections were dropped")
	parts <- "end"
	close(parts)
	body, err := io.ReadAll(download.Body)
	require.NoError(t, err)
	require.Equal(t, "begin end", string(body))
	require.NoError(t, conn.Write(t.Context(), websocket.MessageText, []byte("here")))
	_, message, err := conn.Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, "here", string(message))
	require.Contains(t, s.log.String(), `setting=gate.endpoints[0].path mistake="\"nowhere\"`)
	s.stop()
}

// From its first sign of life until its end, no hang-up ends the server.
func TestSIGHUPAtAnyTime(t *testing.T) {
	for range 3 {
		dir := t.TempDir()
		s := &server{t: t, dir: dir, out: new(servertest.Output), log: new(servertest.Output)}
		s.cmd = ostiary("serve", "--data-dir", filepath.Join(dir, "data"), "--bootstrap-key-file", filepath.Join(dir, "admin.key"), "--listen", "127.0.0.1:0", "--gate.listen", "127.0.0.1:0")
		s.cmd.Stdout, s.cmd.Stderr = s.out, s.log
		require.NoError(t, s.cmd.Start())
		t.Cleanup(s.kill)
		require.Eventually(t, func() bool { return fileExists(filepath.Join(dir, "data")) }, time.Minute, time.Millisecond)
		for addresses.FindString(s.out.String()) == "" && s.cmd.Process.Signal(syscall.SIGHUP) == nil {
			time.Sleep(time.Millisecond)
		}
		require.NotEmpty(t, addresses.FindString(s.out.String()), s.log)
		s.logged(reloaded, 1)
		require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
		ended := make(chan error, 1)
		go func() { ended <- s.cmd.Wait() }()
		for {
			_ = s.cmd.Process.Signal(syscall.SIGHUP)
			select {
			case err := <-ended:
				require.NoError(t, err, s.log)
			default:
				continue
			}
			break
		}
		require.NotContains(t, s.log.String(), "level=ERROR")
	}
}

func fileExists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
