//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// Pooler is a pgbouncer in front of a server, in transaction mode: each
// transaction may get another connection.
type Pooler struct {
	dir  string
	port int
	cmd  *exec.Cmd
}

// readable is the mode of files that a program reads as another user.
const readable fs.FileMode = 0o644

// StartPooler starts Debian's pgbouncer in front of a server.
func StartPooler(s *Server) (*Pooler, error) {
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		return nil, fmt.Errorf("pgbouncer is not installed; on Debian, install the package pgbouncer: %w", err)
	}
	dir, err := os.MkdirTemp("", "ostiary-pgbouncer-")
	if err != nil {
		return nil, err
	}
	p := &Pooler{dir: dir}
	if p.port, err = freePort(); err != nil {
		return nil, errors.Join(err, p.Remove())
	}
	config := fmt.Sprintf(`[databases]
* = host=127.0.0.1 port=%d

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = trust
auth_file = %s
pool_mode = transaction
default_pool_size = 8
max_client_conn = 500
server_login_retry = 1
`, s.port, p.port, filepath.Join(dir, "users"))
	users := `"` + superuser + `" ""` + "\n"
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "pgbouncer.ini"), []byte(config), readable),
		os.WriteFile(filepath.Join(dir, "users"), []byte(users), readable),
		giveAway(dir),
	)
	if err != nil {
		return nil, errors.Join(err, p.Remove())
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, errors.Join(err, p.Remove())
	}
	defer log.Close()
	cmd := exec.CommandContext(context.Background(), program, filepath.Join(dir, "pgbouncer.ini")) //nolint:gosec // what the tests name
	cmd.Stdout, cmd.Stderr = log, log
	if cmd.SysProcAttr, err = unprivileged(); err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, errors.Join(err, p.Remove())
	}
	p.cmd = cmd
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err = Exec(p.URL("postgres")+"&default_query_exec_mode=simple_protocol", `SELECT 1`); err == nil {
			return p, nil
		}
	}
	text, _ := os.ReadFile(log.Name())
	return nil, errors.Join(fmt.Errorf("pgbouncer does not answer: %w: %s", err, text), p.Remove())
}

// URL is the address of a database through the pooler.
func (p *Pooler) URL(database string) string {
	return "postgres://" + superuser + "@" + net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)) + "/" +
		url.PathEscape(database) + "?sslmode=disable"
}

// Remove ends the pooler.
func (p *Pooler) Remove() error {
	if p.cmd != nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
	return os.RemoveAll(p.dir)
}
