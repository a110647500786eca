package main

import (
	"context"
	"crypto/sha1" //nolint:gosec // G505: what nginx's quick passwords are made with
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// measureNginx compares what nginx serves a second where it asks the gate
// about each request, which is how /auth is used, with what it serves where it
// checks a password itself, by the quickest of its hashes.
func measureNginx(ctx context.Context, f *fixture, rounds int) ([]row, error) {
	n, err := startNode(ctx, f)
	if err != nil {
		return nil, err
	}
	defer n.Close(ctx)
	s, err := startNginx(ctx, n.GateURL()[len("http://"):])
	if err != nil {
		return nil, err
	}
	defer s.stop()
	const user, password = "bench", "a password"
	basic := [][]byte{fmt.Appendf(nil, "GET /basic/file HTTP/1.1\r\nHost: bench\r\nAuthorization: Basic %s\r\n\r\n",
		base64.StdEncoding.EncodeToString([]byte(user+":"+password)))}
	sum := sha1.Sum([]byte(password)) //nolint:gosec // G401: see above
	if err := os.WriteFile(s.users, []byte(user+":{SHA}"+base64.StdEncoding.EncodeToString(sum[:])+"\n"),
		0o600); err != nil {
		return nil, err
	}
	m, y, ratio := compare(rounds*4, perSecond(s.addr, f.requests("/gate/file")), perSecond(s.addr, basic))
	return []row{{
		figure: "/auth behind nginx's auth_request", measured: rps(m),
		yardstick: "nginx's Basic authentication with SHA-1: " + rps(y),
		ratio:     fmt.Sprintf("%.2f", ratio), reach: "≥ 0.2", ok: ratio >= 0.2,
	}}, nil
}

// nginx is one that serves the same file twice: below /gate/ to whom the gate
// lets in, and below /basic/ to its own users.
type nginx struct {
	cmd              *exec.Cmd
	dir, addr, users string
}

func startNginx(ctx context.Context, gate string) (*nginx, error) {
	program, err := find("nginx", "nginx")
	if err != nil {
		return nil, err
	}
	addr, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "ostiary-bench-nginx-")
	if err != nil {
		return nil, err
	}
	s := &nginx{dir: dir, addr: addr, users: filepath.Join(dir, "users")}
	if err := s.start(ctx, program, gate); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (s *nginx) start(ctx context.Context, program, gate string) error {
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;" // the files belong to root, who runs the program
	}
	config := fmt.Sprintf(`%s
daemon off; worker_processes auto; pid %[2]s/pid; error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 100000000;
  client_body_temp_path %[2]s/body; proxy_temp_path %[2]s/proxy; fastcgi_temp_path %[2]s/fastcgi;
  uwsgi_temp_path %[2]s/uwsgi; scgi_temp_path %[2]s/scgi;
  upstream ostiary_gate { server %[3]s; keepalive 64; keepalive_requests 100000000; }
  server {
    listen %[4]s;
    location /gate/ { auth_request /_ostiary; root %[2]s; }
    location /basic/ { auth_basic bench; auth_basic_user_file %[2]s/users; root %[2]s; }
    location = /_ostiary {
      internal;
      proxy_pass http://ostiary_gate/auth?require=read&client_errors=403;
      proxy_http_version 1.1;
      proxy_pass_request_body off;
      proxy_set_header Connection        "";
      proxy_set_header Content-Length    "";
      proxy_set_header X-Original-URI    $request_uri;
      proxy_set_header X-Original-Method $request_method;
      proxy_set_header X-Forwarded-For   $remote_addr;
    }
  }
}`, user, s.dir, gate, s.addr)
	files := map[string]string{"nginx.conf": config, "gate/file": "hello\n", "basic/file": "hello\n"}
	for name, content := range files {
		path := filepath.Join(s.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return err
		}
	}
	s.cmd = exec.CommandContext(ctx, program, "-p", s.dir, "-e", "stderr", "-c", filepath.Join(s.dir, "nginx.conf")) //nolint:gosec // G204: nginx, with a file of ours
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for began := time.Now(); time.Since(began) < 30*time.Second; time.Sleep(20 * time.Millisecond) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.addr+"/gate/file", nil)
		if err != nil {
			return err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			return res.Body.Close()
		}
	}
	s.stop()
	return errors.New("nginx does not answer")
}

// stop ends nginx and removes its files.
func (s *nginx) stop() {
	_ = s.cmd.Process.Signal(os.Interrupt)
	_ = s.cmd.Wait()
	_ = os.RemoveAll(s.dir)
}
