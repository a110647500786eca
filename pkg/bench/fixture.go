package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/node"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
	"github.com/ostiary/ostiary/pkg/store/storetest"
)

// fixture is a data directory with many keys, of which some are known.
type fixture struct {
	dir    string // holds data/, admin.key and tokens
	keys   int    // in the store
	pepper *apikey.Pepper
	tokens []string // of good Viewer and Agent keys, by turns
	args   []string // further flags of its servers
}

const knownTokens = 10_000

// prepare makes a fixture of n keys in a directory, or finds it there.
func prepare(ctx context.Context, dir string, n int) (*fixture, error) {
	f := &fixture{dir: dir, keys: n}
	tokens, err := os.ReadFile(f.tokenFile())
	if err != nil {
		say("Making a store with %d keys …", n)
		if f, err = fill(ctx, dir, n); err != nil {
			return nil, err
		}
		return f, os.WriteFile(f.tokenFile(), []byte(strings.Join(f.tokens, "\n")), 0o600)
	}
	say("Measuring the store in %s …", dir)
	f.tokens = strings.Split(string(tokens), "\n")
	f.pepper, err = readPepper(filepath.Join(dir, "data", "pepper"))
	return f, err
}

// fill makes a server's data directory and adds n keys to it.
func fill(ctx context.Context, dir string, n int) (*fixture, error) {
	f := &fixture{dir: dir, keys: n}
	cfg, err := f.config()
	if err != nil {
		return nil, err
	}
	first, err := node.Start(ctx, cfg, node.Options{Bootstrap: true}) // makes database and pepper
	if err != nil {
		return nil, err
	}
	admin := first.FirstKey()
	if err := first.Close(ctx); err != nil {
		return nil, err
	}
	if err := os.WriteFile(f.adminFile(), []byte(admin.Token), 0o600); err != nil {
		return nil, err
	}
	if f.pepper, err = readPepper(filepath.Join(dir, "data", "pepper")); err != nil {
		return nil, err
	}
	store, err := sqlite.Open(ctx, f.database())
	if err != nil {
		return nil, err
	}
	every := max(1, n/knownTokens)
	peppers, err := apikey.NewPeppers(f.pepper)
	if err != nil {
		return nil, err
	}
	err = storetest.Fill(ctx, store, n, func(i int, k *apikey.Key) {
		t := &k.Tokens[0]
		t.PepperID = f.pepper.ID()
		if i%every == 0 {
			token, id := apikey.NewToken()
			k.ID, t.ID, t.Digest, t.Hint = id.String(), id.String(), f.pepper.Digest(token), apikey.Hint(token)
			k.Role, k.Enabled, k.RevokedAt, k.ExpiresAt, k.Endpoints, k.AllowedCIDRs, k.Pool = apikey.RoleViewer,
				true, time.Time{}, time.Time{}, nil, nil, ""
			f.tokens = append(f.tokens, token)
		}
		r := k.Record()
		k.Mark = peppers.Mark(&r)
	})
	if closeErr := store.Close(); err == nil {
		err = closeErr
	}
	return f, err
}

func (f *fixture) database() string  { return filepath.Join(f.dir, "data", "ostiary.db") }
func (f *fixture) adminFile() string { return filepath.Join(f.dir, "admin.key") }
func (f *fixture) tokenFile() string { return filepath.Join(f.dir, "tokens") }

// config is that of a server in this process, with free ports.
func (f *fixture) config() (*config.Config, error) {
	cfg, err := config.Load(config.Source{})
	if err != nil {
		return nil, err
	}
	cfg.DataDir = filepath.Join(f.dir, "data")
	cfg.Pepper.Name = filepath.Join(cfg.DataDir, "pepper")
	cfg.Listen, cfg.Gate.Listen = "127.0.0.1:0", "127.0.0.1:0"
	return cfg, nil
}

// readPepper reads the file as an operator's script might: the last line.
func readPepper(name string) (*apikey.Pepper, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	line := pepperLine.FindStringSubmatch(string(content))
	if line == nil {
		return nil, fmt.Errorf("%s holds no pepper", name)
	}
	secret, err := decodeBase64(line[2])
	if err != nil {
		return nil, err
	}
	return apikey.PepperOf(line[1], [apikey.PepperSize]byte(secret)), nil
}

var pepperLine = regexp.MustCompile(`(?m)^(\w+) (\S+=)$`)

// process is "ostiary serve" in a process of its own.
type process struct {
	cmd              *exec.Cmd
	management, gate string
	ready            time.Duration // from the start of the process
}

var addresses = regexp.MustCompile(`(?s)Console +(https?://\S+)/\n.*Gate +(https?://\S+)/auth`)

func (f *fixture) serve(ctx context.Context) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	log, err := os.CreateTemp(f.dir, "serve-*.log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	out, err := os.Create(log.Name() + ".out")
	if err != nil {
		return nil, err
	}
	defer out.Close()
	args := append([]string{"serve", "--data-dir", filepath.Join(f.dir, "data"), "--listen", "127.0.0.1:0",
		"--gate.listen", "127.0.0.1:0", "--log.level", "error"}, f.args...)
	p := &process{cmd: exec.CommandContext(ctx, self, args...)} //nolint:gosec // itself
	p.cmd.Env = append(os.Environ(), beOstiary+"=1")
	p.cmd.Stdout, p.cmd.Stderr = out, log
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	for time.Since(began) < 5*time.Minute {
		text, err := os.ReadFile(out.Name())
		if err != nil {
			return nil, err
		}
		if m := addresses.FindStringSubmatch(string(text)); m != nil {
			p.management, p.gate = m[1], m[2]
			p.ready = time.Since(began)
			err := p.waitReady(ctx)
			return p, err
		}
		time.Sleep(time.Millisecond)
	}
	text, _ := os.ReadFile(log.Name())
	p.stop()
	return nil, fmt.Errorf("the server does not become ready: %s", text)
}

func (p *process) waitReady(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.management+"/readyz", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(os.Interrupt)
	_ = p.cmd.Wait()
}

// resident is the process's memory in bytes: now, and the most so far.
func (p *process) resident() (now, most int64, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.SplitSeq(string(status), "\n") {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			continue
		}
		n, _ := strconv.ParseInt(fields[1], 10, 64)
		switch fields[0] {
		case "VmRSS:":
			now = n << 10
		case "VmHWM:":
			most = n << 10
		}
	}
	return now, most, nil
}

func (f *fixture) client(p *process) (*client.Client, error) {
	token, err := os.ReadFile(f.adminFile())
	if err != nil {
		return nil, err
	}
	return client.New(p.management, client.WithBearer(string(token)))
}
