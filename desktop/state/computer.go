package state

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/node"
)

// Computer is the store on this computer, served in this process. It is a
// http.RoundTripper, so that a session speaks to it as to any server. Its
// management listens on no port; the gate does, while it is on.
type Computer struct {
	dir  string
	gate string // where the gate listens while it is on

	mu      sync.RWMutex
	node    *node.Node
	gateOn  bool
	streams *streams // of answers that go on, through the open node

	url atomic.Value // string: that of the gate; read without waiting for mu, which is held while the store opens
}

// NewComputer returns the store in a directory, which Open makes if it is
// missing. Gate is the address for the gate; empty means the usual one.
func NewComputer(dir, gate string) *Computer {
	if gate == "" {
		gate = "127.0.0.1:7172"
	}
	return &Computer{dir: dir, gate: gate}
}

// DataDir is where the store of this computer's user belongs.
func DataDir() (string, error) {
	if runtime.GOOS == "linux" {
		if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
			return filepath.Join(dir, "ostiary-desktop"), nil
		}
		home, err := os.UserHomeDir()
		return filepath.Join(home, ".local", "share", "ostiary-desktop"), err
	}
	dir, err := os.UserConfigDir() // where macOS and Windows keep data as well
	return filepath.Join(dir, "ostiary-desktop", "data"), err
}

// Open opens the store, with the gate on or off. An open one only changes its
// gate. If the gate cannot be switched on, the store is open without it and
// the error says why.
func (c *Computer) Open(ctx context.Context, gate bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.node != nil && c.gateOn == gate {
		return nil
	}
	err := c.restart(ctx, gate)
	if err != nil && gate {
		if without := c.restart(ctx, false); without != nil {
			return without
		}
	}
	return err
}

func (c *Computer) restart(ctx context.Context, gate bool) error {
	if err := c.closeNode(ctx); err != nil {
		return err
	}
	values := map[string]string{"DATA_DIR": c.dir, "LISTEN": "", "GATE_LISTEN": ""}
	if gate {
		values["GATE_LISTEN"] = c.gate
	}
	cfg, err := config.Load(config.Source{LookupEnv: func(name string) (string, bool) {
		v, ok := values[name]
		return v, ok
	}})
	if err == nil {
		c.node, err = node.Start(ctx, cfg, node.Options{LookInterval: lookInterval(gate)})
	}
	if err != nil {
		return c.explained(err)
	}
	c.gateOn, c.streams = gate, newStreams()
	c.url.Store(c.node.GateURL())
	return nil
}

// lookInterval is how often the store is looked at for what another program
// wrote, such as the command line: a window has time, and rests while it waits;
// the gate hears of a revocation sooner.
func lookInterval(gate bool) time.Duration {
	if gate {
		return 200 * time.Millisecond
	}
	return 2 * time.Second
}

func (c *Computer) explained(err error) error {
	if kind := kindOf(err); kind == KindAddressInUse || kind == KindStopped {
		return err
	}
	return &Problem{Kind: KindStoreLocal, Detail: c.dir + ": " + err.Error(), Err: err}
}

func (c *Computer) closeNode(ctx context.Context) error {
	if c.node == nil {
		return nil
	}
	c.url.Store("")
	c.streams.end()
	err := c.node.Close(ctx)
	c.node, c.gateOn = nil, false
	return err
}

// Close writes what is still in memory and closes the store.
func (c *Computer) Close(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closeNode(ctx)
}

// GateAddress is where the gate listens while it is on.
func (c *Computer) GateAddress() string { return c.gate }

// GateURL is the address of the gate, or empty while it is off. It never waits.
func (c *Computer) GateURL() string {
	url, _ := c.url.Load().(string)
	return url
}

// RoundTrip answers a request with the handlers of the server. Who calls is
// the user of this computer, who can read the store's files anyway.
func (c *Computer) RoundTrip(req *http.Request) (*http.Response, error) {
	c.mu.RLock() // the gate is not switched while a request runs
	defer c.mu.RUnlock()
	if c.node == nil {
		return nil, errors.New("the store on this computer is closed")
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	ctx := apikey.WithCaller(req.Context(), apikey.Caller{
		OrgID: config.StandaloneOrg, Login: login(), Role: apikey.RoleAdmin,
		Addr: netip.AddrFrom4([4]byte{127, 0, 0, 1}),
	})
	inner := req.Clone(ctx)
	if inner.Body == nil {
		inner.Body = http.NoBody
	}
	handler := http.StripPrefix(api.BasePath, c.node.API())
	if goesOn(inner) {
		return c.streams.answer(handler, inner), nil
	}
	defer func() { _ = inner.Body.Close() }()
	answer := &answerWriter{header: http.Header{}, status: http.StatusOK}
	handler.ServeHTTP(answer, inner)
	return answered(req, answer.status, answer.header, &answer.body, int64(answer.body.Len())), nil
}

// answered is a handler's answer as a client gets one; size is -1 for one that goes on.
func answered(req *http.Request, status int, header http.Header, body io.Reader, size int64) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(body), ContentLength: size, Request: req,
	}
}

// login is the name of this computer's user.
var login = sync.OnceValue(func() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "local"
})

// answerWriter keeps an answer in memory.
type answerWriter struct {
	header http.Header
	status int
	began  bool
	body   bytes.Buffer
}

// Header returns the header to fill.
func (w *answerWriter) Header() http.Header { return w.header }

// WriteHeader notes the first status.
func (w *answerWriter) WriteHeader(status int) {
	if !w.began {
		w.status, w.began = status, true
	}
}

// Write keeps a part of the body.
func (w *answerWriter) Write(p []byte) (int, error) {
	w.began = true
	return w.body.Write(p)
}
