package trail_test

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/trail"
)

// rsyslog is Debian's, which writes what it is sent into a file, a JSON object a line.
type rsyslog struct {
	t       *testing.T
	config  string
	address string
	out     string
	process *exec.Cmd
}

func newRsyslog(t *testing.T, certFile, keyFile string) *rsyslog {
	t.Helper()
	program, err := exec.LookPath("rsyslogd")
	if err != nil {
		program = "/usr/sbin/rsyslogd"
	}
	if _, err := os.Stat(program); err != nil {
		t.Skip("rsyslog is not installed")
	}
	dir := t.TempDir()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &rsyslog{t: t, config: filepath.Join(dir, "rsyslog.conf"), address: ln.Addr().String(),
		out: filepath.Join(dir, "out.jsonl")}
	require.NoError(t, ln.Close())
	_, port, _ := net.SplitHostPort(r.address)
	files, secure := "", ""
	if certFile != "" {
		files = fmt.Sprintf(` DefaultNetstreamDriverCAFile="%s" DefaultNetstreamDriverCertFile="%s" `+
			`DefaultNetstreamDriverKeyFile="%s"`, certFile, certFile, keyFile)
		secure = ` StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon"`
	}
	require.NoError(t, os.WriteFile(r.config, fmt.Appendf(nil, `global(workDirectory="%s" maxMessageSize="64k"%s)
module(load="imtcp"%s)
module(load="mmpstrucdata")
input(type="imtcp" port="%s" address="127.0.0.1")
template(name="json" type="list") {
  constant(value="{\"pri\":\"") property(name="pri") constant(value="\",\"at\":\"")
  property(name="timereported" dateFormat="rfc3339") constant(value="\",\"app\":\"") property(name="app-name")
  constant(value="\",\"msgid\":\"") property(name="msgid")
  constant(value="\",\"sd\":") property(name="$!rfc5424-sd")
  constant(value=",\"message\":\"") property(name="msg" format="json") constant(value="\"}\n")
}
action(type="mmpstrucdata")
action(type="omfile" file="%s" template="json" flushOnTXEnd="on")
`, dir, files, secure, port, r.out), 0o600))
	r.process = exec.Command(program, "-n", "-f", r.config, "-i", filepath.Join(dir, "pid"))
	r.start()
	t.Cleanup(r.stop)
	return r
}

func (r *rsyslog) start() {
	r.t.Helper()
	r.process = exec.Command(r.process.Path, r.process.Args[1:]...)
	r.process.Stderr = os.Stderr
	require.NoError(r.t, r.process.Start())
}

func (r *rsyslog) stop() {
	if r.process.ProcessState == nil {
		_ = r.process.Process.Kill()
		_ = r.process.Wait()
	}
}

// received are the messages in the file.
func (r *rsyslog) received() (list []received) {
	content, _ := os.ReadFile(r.out)
	for line := range strings.SplitSeq(string(content), "\n") {
		var m received
		if json.Unmarshal([]byte(line), &m) == nil {
			list = append(list, m)
		}
	}
	return list
}

type received struct {
	Pri, App, MsgID, Message string
	At                       time.Time
	SD                       map[string]map[string]string
}

// once are the numbers of what was received, each where it came first.
func once(list []received) (numbers []int64) {
	seen := map[string]bool{}
	for _, m := range list {
		n := m.SD["ostiary@32473"]["number"]
		if !seen[n] {
			seen[n] = true
			number, _ := strconv.ParseInt(n, 10, 64)
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// rsyslog understands all that it is sent, and gets what was written while it was away.
func TestSyslogTakesTheTrail(t *testing.T) {
	certFile, keyFile, _ := servertest.Certificate(t)
	for _, scheme := range []string{"tcp", "tls"} {
		t.Run(scheme, func(t *testing.T) {
			target := trail.Target{Kind: trail.Syslog}
			server := newRsyslog(t, "", "")
			if scheme == "tls" {
				server.stop()
				server = newRsyslog(t, certFile, keyFile)
				target.CAFile = certFile
			}
			target.Address = scheme + "://" + server.address
			r := newRig(t)
			r.write(2)
			k, _ := r.keep(r.store, trail.Config{To: []trail.Target{target}})
			within(t, func() bool { return len(server.received()) == 2 })
			entries, err := r.store.Trail(t.Context(), 0, 2)
			require.NoError(t, err)
			first := server.received()[0]
			require.Equal(t, "110", first.Pri)
			require.Equal(t, "ostiary", first.App)
			require.Equal(t, "create", first.MsgID)
			require.Equal(t, entries[0].At, first.At.UTC())
			require.Equal(
				t,
				map[string]string{
					"number":  "1",
					"hash":    entries[0].Link.String(),
					"org":     "1",
					"actor":   `gra"ce]\`,
					"address": "",
					"action":  "create",
					"keyid":   entries[0].KeyID,
					"keyname": `Kéy 1 "]\`,
				},
				first.SD["ostiary@32473"],
			)
			var whole struct {
				Number int64
				Actor  string
			}
			require.NoError(t, json.Unmarshal([]byte(first.Message), &whole), first.Message)
			require.Equal(t, `gra"ce]\`, whole.Actor)

			server.stop()
			r.write(3)
			within(t, func() bool { return k.Status()[0].Errors > 0 })
			server.start()
			within(t, func() bool { return len(once(server.received())) == 5 })
			server.stop() // what it took and had not written is sent again
			server.start()
			r.write(2)
			within(t, func() bool { return len(once(server.received())) == 7 })
			require.Equal(t, upTo(7), once(server.received()))
		})
	}
}

// A receiver that ends at once after it took something gets that again: it may not have kept it.
func TestWhatSyslogMayHaveLostIsSentAgain(t *testing.T) {
	certFile, _, config := servertest.Certificate(t)
	for _, scheme := range []string{"tcp", "tls"} {
		t.Run(scheme, func(t *testing.T) {
			var ln net.Listener
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			if scheme == "tls" {
				ln = tls.NewListener(ln, config)
			}
			var mu sync.Mutex
			var lots [][]int64 // by connection
			go func() {
				for {
					conn, err := ln.Accept()
					if err != nil {
						return
					}
					mu.Lock()
					lots = append(lots, nil)
					at := len(lots) - 1
					mu.Unlock()
					in := bufio.NewReader(conn)
					for {
						length, err := in.ReadString(' ')
						if err != nil {
							break
						}
						n, _ := strconv.Atoi(strings.TrimSpace(length))
						message := make([]byte, n)
						if _, err := io.ReadFull(in, message); err != nil {
							break
						}
						_, rest, _ := strings.Cut(string(message), `number="`)
						number, _, _ := strings.Cut(rest, `"`)
						which, _ := strconv.ParseInt(number, 10, 64)
						mu.Lock()
						lots[at] = append(lots[at], which)
						mu.Unlock()
						if which%2 == 0 {
							break
						}
					}
					_ = conn.Close()
				}
			}()
			t.Cleanup(func() { _ = ln.Close() })
			r := newRig(t)
			r.write(2)
			target := trail.Target{Kind: trail.Syslog, Address: scheme + "://" + ln.Addr().String()}
			if scheme == "tls" {
				target.CAFile = certFile
			}
			r.keep(r.store, trail.Config{To: []trail.Target{target}})
			within(t, func() bool { mu.Lock(); defer mu.Unlock(); return len(lots) > 0 && len(lots[0]) == 2 })
			r.write(1)
			within(t, func() bool {
				mu.Lock()
				defer mu.Unlock()
				return len(lots) > 1 && len(lots[len(lots)-1]) > 0
			})
			mu.Lock()
			defer mu.Unlock()
			require.Equal(t, []int64{1, 2}, lots[0])
			require.EqualValues(t, 1, lots[1][0], "the first connection ended at once")
		})
	}
}

// Over udp each entry is a message.
func TestSyslogOverUDP(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	r := newRig(t)
	r.write(2)
	r.keep(
		r.store,
		trail.Config{To: []trail.Target{{Kind: trail.Syslog, Address: "udp://" + conn.LocalAddr().String()}}},
	)
	buf := make([]byte, 64<<10)
	require.NoError(t, conn.SetDeadline(time.Now().Add(servertest.Patience)))
	for n := 1; n <= 2; n++ {
		size, _, err := conn.ReadFrom(buf)
		require.NoError(t, err)
		require.Regexp(
			t,
			fmt.Sprintf(`^<110>1 \S+Z \S+ ostiary \d+ create \[ostiary@32473 number="%d" hash="[0-9a-f]{64}" org="1" `+
				`actor="gra\\"ce\\\]\\\\" address="" .*\] \{"number":%d,`, n, n),
			string(buf[:size]),
		)
	}
}
