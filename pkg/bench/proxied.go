package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// rivals are the gate and what it is compared with.
type rivals []*rival

// rival is a program that passes requests on.
type rival struct {
	name, addr, path, header string
	limited                  string // header, with a key that has tenants and limits
	pids                     func() ([]int, error)
}

// proxiedLoad is what the three are asked, and what is to be reached beside the others.
type proxiedLoad struct {
	name string
	load
	atNginx  float64
	atVmauth float64
}

var proxiedLoads = []proxiedLoad{
	{"1 kB GET, 16 connections", load{busy: 16}, 0.75, 2.7},
	{"1 kB GET, 256 connections", load{busy: 256}, 0.75, 3.5},
	{"1 kB GET, each another query, 16 connections", load{busy: 16, varied: true}, 0.75, 2.7},
	{"1 kB GET, each another query, 256 connections", load{busy: 256, varied: true}, 0.75, 3.5},
	{"64 kB POST, 16 connections", load{busy: 16, body: 64 << 10}, 0.75, 2.7},
	{"64 kB POST, 256 connections", load{busy: 256, body: 64 << 10}, 0.75, 3.5},
}

// measureProxied compares the gate with two other programs that stand before
// the same nginx: nginx's proxy_pass, which asks for no key, and vmauth, which
// asks for a password from a file. All are started anew for each round: how
// fast vmauth is differs by half from start to start, and stays so until it
// ends.
func measureProxied(ctx context.Context, _ *fixture, rounds int) ([]row, error) {
	seen, limited := make([]stints, len(proxiedLoads)), stints{}
	for round := range rounds {
		if err := measureRound(ctx, round, seen, limited); err != nil {
			return nil, err
		}
	}
	var rows []row
	for i, load := range proxiedLoads {
		rows = append(rows, seen[i].beside("nginx", "nginx's proxy_pass", load.name, load.atNginx, 2),
			seen[i].beside("vmauth", "vmauth", load.name, load.atVmauth, 0))
	}
	return append(rows, limited.costOfLimits()), nil
}

// measureRound starts the three, and measures each load once.
func measureRound(ctx context.Context, round int, seen []stints, limited stints) error {
	dir, err := os.MkdirTemp("", "ostiary-bench-proxied-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	three, stop, err := startThree(ctx, dir)
	if err != nil {
		return err
	}
	defer stop()
	for i, load := range proxiedLoads {
		say("  round %d, %s …", round+1, load.name)
		if seen[i] == nil {
			seen[i] = stints{}
		}
		if err := three.turn(ctx, round, seen[i], load.load, time.Second); err != nil {
			return err
		}
	}
	say("  round %d, tenants and limits …", round+1)
	return three.measureLimits(ctx, limited)
}

// measureLimits measures requests of a key with all limits, at an endpoint with a tenant, and those of a key and an
// endpoint without.
func (all rivals) measureLimits(ctx context.Context, seen stints) error {
	const turns = 4
	limited := *all[0]
	limited.name, limited.path, limited.header = "limited", "/tenant", limited.limited
	for turn := range turns {
		if err := (rivals{all[0], &limited}).turn(ctx, turn, seen, load{busy: 16}, time.Second); err != nil {
			return err
		}
	}
	return nil
}

// costOfLimits is the row of requests with limits beside those without.
func (s stints) costOfLimits() row {
	ratio := s.ratio("limited", "gate", func(s stint) float64 { return s.perSecond })
	cost := s.ratio("limited", "gate", func(s stint) float64 { return s.cost })
	return row{
		figure: "proxied as a tenant, with every limit", measured: s.say("limited"),
		yardstick: "without: " + s.say("gate"),
		ratio:     fmt.Sprintf("%.2f; processor %.2f", ratio, cost), reach: "≥ 0.97", ok: ratio >= 0.97,
	}
}

// startThree starts the three, and the server behind them.
func startThree(ctx context.Context, dir string) (all rivals, stop func(), err error) {
	var stops []func()
	stop = func() {
		for i := range stops {
			stops[len(stops)-1-i]()
		}
	}
	defer func() {
		if err != nil {
			stop()
		}
	}()
	start := func(name, config string, args func(file string) []string) (*daemon, error) {
		d, err := startDaemon(ctx, filepath.Join(dir, name), name, config, args)
		if err == nil {
			stops = append(stops, d.stop)
		}
		return d, err
	}
	behind, err := start("upstream", upstreamConfig, nil)
	if err != nil {
		return nil, nil, err
	}
	plain, err := start("nginx", strings.ReplaceAll(proxyConfig, "UPSTREAM", behind.addr), nil)
	if err != nil {
		return nil, nil, err
	}
	auth, err := start("vmauth",
		"users:\n- username: bench\n  password: a-password\n  url_prefix: http://"+behind.addr+"\n",
		func(file string) []string {
			return []string{"-auth.config=" + file}
		})
	if err != nil {
		return nil, nil, err
	}
	f, err := prepare(ctx, filepath.Join(dir, "gate"), 1000)
	if err != nil {
		return nil, nil, err
	}
	file := filepath.Join(dir, "ostiary.yaml")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(gateConfig, "UPSTREAM", behind.addr)), 0o600); err != nil {
		return nil, nil, err
	}
	f.args = []string{"--config", file}
	gate, err := f.serve(ctx)
	if err != nil {
		return nil, nil, err
	}
	stops = append(stops, gate.stop)
	limited, err := f.limitedToken(ctx, gate)
	if err != nil {
		return nil, nil, err
	}
	bearer := "Authorization: Bearer " + f.tokens[0]
	return rivals{
		{
			name: "gate", addr: strings.TrimPrefix(gate.gate, "http://"), path: "/bench", header: bearer,
			limited: "Authorization: Bearer " + limited, pids: family(gate.cmd),
		},
		{name: "nginx", addr: plain.addr, path: "/bench", header: bearer, pids: family(plain.cmd)},
		{name: "vmauth", addr: auth.addr, path: "/bench", header: "Authorization: Basic YmVuY2g6YS1wYXNzd29yZA==",
			pids: family(auth.cmd)},
	}, stop, nil
}

// limitedToken makes a key with a tenant and with every limit, none of which it reaches.
func (f *fixture) limitedToken(ctx context.Context, p *process) (string, error) {
	c, err := f.client(p)
	if err != nil {
		return "", err
	}
	issued, err := c.Create(ctx,
		api.CreateKey{Name: "limited", Role: "Viewer", Tenants: []string{"team-a"}, Limits: apikey.Limits{
			RequestsPerSecond: 1e6, Burst: 1e6, Concurrent: 1e6, BytesPerSecond: 1e12, RequestsPerDay: 1e12,
			BytesPerDay: 1e15,
		}})
	if err != nil {
		return "", err
	}
	return issued.Token, nil
}

const (
	nginxConfig = `daemon off; worker_processes auto; pid DIR/pid; error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000;
  client_body_buffer_size 128k; client_body_temp_path DIR/body; proxy_temp_path DIR/proxy;
  fastcgi_temp_path DIR/fastcgi; uwsgi_temp_path DIR/uwsgi; scgi_temp_path DIR/scgi;
`
	upstreamConfig = nginxConfig + `  server {
    listen ADDR backlog=4096;
    location = /bench/file { root DIR; }
    location = /tenant/file { alias DIR/bench/file; }
    location = /bench/take { return 204; }
  }
}`
	proxyConfig = nginxConfig + `  upstream behind { server UPSTREAM; keepalive 512; keepalive_requests 100000000; }
  server {
    listen ADDR backlog=4096;
    location / { proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}`
	gateConfig = `gate:
  endpoints:
    - {name: bench, path: /bench, require: read, upstream: "http://UPSTREAM"}
    - {name: tenant, path: /tenant, require: read, upstream: "http://UPSTREAM", tenant: {header: X-Scope-OrgID}}
`
)

// daemon is a program that serves at an address.
type daemon struct {
	cmd  *exec.Cmd
	addr string
}

// startDaemon starts nginx, or the program of the name, with its configuration, in which ADDR and DIR are filled in.
func startDaemon(ctx context.Context, dir, name, config string, args func(file string) []string) (*daemon, error) {
	addr, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	content := make([]byte, 1000)
	for i := range content {
		content[i] = 'a' + byte(i%26)
	}
	if os.Geteuid() == 0 && args == nil {
		config = "user root; " + config // the files belong to root, who runs the program
	}
	config = strings.NewReplacer("ADDR", addr, "DIR", dir).Replace(config)
	file := filepath.Join(dir, "config")
	err = os.MkdirAll(filepath.Join(dir, "bench"), 0o700)
	err = errors.Join(err, os.WriteFile(file, []byte(config), 0o600),
		os.WriteFile(filepath.Join(dir, "bench", "file"), content, 0o600))
	if err != nil {
		return nil, err
	}
	program, flags := "nginx", []string{"-p", dir, "-e", "stderr", "-c", file}
	if args != nil {
		program, flags = name, append(args(file), "-httpListenAddr="+addr, "-loggerLevel=ERROR")
	}
	path, err := find(program, map[string]string{"nginx": "nginx", "vmauth": "victoria-metrics"}[program])
	if err != nil {
		return nil, err
	}
	d := &daemon{cmd: exec.CommandContext(ctx, path, flags...), addr: addr} //nolint:gosec // G204: a program of ours to measure
	d.cmd.Stderr = os.Stderr
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	for began := time.Now(); time.Since(began) < 30*time.Second; time.Sleep(20 * time.Millisecond) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/", nil)
		if err != nil {
			return nil, err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			return d, res.Body.Close()
		}
	}
	d.stop()
	return nil, fmt.Errorf("%s does not answer", name)
}

// find returns where a program is that a Debian package brings.
func find(program, pkg string) (path string, err error) {
	if path, err = exec.LookPath(program); err != nil {
		path, err = exec.LookPath("/usr/sbin/" + program) // where Debian keeps servers
	}
	if err != nil {
		return "", fmt.Errorf("%s is not installed; type: sudo apt-get install --yes --no-install-recommends %s", program, pkg)
	}
	return path, nil
}

func (d *daemon) stop() {
	_ = d.cmd.Process.Signal(os.Interrupt)
	_ = d.cmd.Wait()
}
