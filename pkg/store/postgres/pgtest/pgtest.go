//go:build unix

// Package pgtest runs PostgreSQL servers for tests: it makes clusters, starts
// them on a free port of the loopback, kills them, makes standbys and promotes
// these. It takes Debian's package "postgresql", or the server that pg_config
// points to.
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver of Exec
)

// Server is a PostgreSQL server with a cluster of its own.
type Server struct {
	dir  string // of the cluster, its log and its socket
	port int
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

// superuser is the name of the only user that a new cluster has.
const superuser = "postgres"

// settings are those of all servers. Fsync and full-page writes are as by
// default, so that what was committed outlives a kill.
var settings = []string{
	"listen_addresses=127.0.0.1", "max_connections=200", "shared_buffers=64MB", "wal_level=replica",
	"max_wal_senders=8",
	"hot_standby=on", "log_min_messages=warning", "autovacuum_naptime=10s", "lc_messages=C", "wal_sender_timeout=10s",
}

// Bin returns the directory of PostgreSQL's programs: the newest that Debian's
// packages have brought, or the one that pg_config names.
func Bin() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
		return filepath.Dir(found[len(found)-1]), nil
	}
	out, err := exec.CommandContext(context.Background(), "pg_config", "--bindir").Output()
	if err != nil {
		return "", errors.New("PostgreSQL is not installed; on Debian, install the package postgresql")
	}
	return strings.TrimSpace(string(out)), nil
}

func version(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	return n
}

// Start makes a cluster and starts a server on it, with settings such as
// "max_connections=20".
func Start(extra ...string) (*Server, error) {
	s, err := newServer()
	if err != nil {
		return nil, err
	}
	if err := s.run("initdb", "--pgdata", s.data(), "--username", superuser, "--auth", "trust", "--encoding", "UTF8",
		"--locale", "C.UTF-8", "--no-sync"); err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	if err := s.configure(extra...); err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	if err := s.Run(); err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	return s, nil
}

func newServer() (*Server, error) {
	dir, err := os.MkdirTemp("", "ostiary-pg-")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir}
	if s.port, err = freePort(); err == nil {
		err = giveAway(dir)
	}
	return s, err
}

func freePort() (int, error) {
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port, nil
}

// configure adds settings to the cluster's file.
func (s *Server) configure(extra ...string) error {
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	own := []string{"port=" + strconv.Itoa(s.port), "unix_socket_directories=" + s.dir}
	for _, setting := range slices.Concat(settings, own, extra) {
		name, value, _ := strings.Cut(setting, "=")
		if _, err := fmt.Fprintf(f, "%s = '%s'\n", name, strings.ReplaceAll(value, "'", "''")); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return f.Close()
}

// Set changes a setting of a server that runs.
func (s *Server) Set(name, value string) error {
	if err := s.Exec(`ALTER SYSTEM SET ` + name + ` = '` + value + `'`); err != nil {
		return err
	}
	return s.Exec(`SELECT pg_reload_conf()`)
}

// Run starts the server on its cluster and waits until it answers.
func (s *Server) Run() error {
	bin, err := Bin()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd = exec.CommandContext(context.Background(), filepath.Join(bin, "postgres"), "-D", s.data()) //nolint:gosec // what the tests name
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.Dir = s.dir
	if s.cmd.SysProcAttr, err = unprivileged(); err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) { _ = cmd.Wait(); close(done) }(s.cmd, s.done)
	return s.wait(`SELECT 1`)
}

// wait repeats a query until it succeeds.
func (s *Server) wait(query string) error {
	var err error
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err = s.Exec(query); err == nil {
			return nil
		}
		select {
		case <-s.done:
			return fmt.Errorf("the server has ended: %s", s.Log())
		default:
		}
	}
	return fmt.Errorf("the server does not answer: %w; %s", err, s.Log())
}

// Log returns what the server has logged.
func (s *Server) Log() string {
	text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return string(text)
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// Port is the server's port on 127.0.0.1.
func (s *Server) Port() int { return s.port }

// Host is the server's host and port.
func (s *Server) Host() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// URL is the address of a database on the server.
func (s *Server) URL(database string) string { return URL(database, s) }

// URL is the address of a database that one of several servers holds.
func URL(database string, servers ...*Server) string {
	hosts := make([]string, len(servers))
	for i, s := range servers {
		hosts[i] = s.Host()
	}
	return "postgres://" + superuser + "@" + strings.Join(hosts, ",") + "/" + url.PathEscape(database) +
		"?sslmode=disable"
}

// NewDatabase makes an empty database and returns its address.
func (s *Server) NewDatabase() (string, error) {
	name := "db" + strings.ToLower(rand.Text()[:12])
	return s.URL(name), s.Exec(`CREATE DATABASE ` + name)
}

// Exec runs statements on the database postgres.
func (s *Server) Exec(statements string) error {
	return Exec(s.URL("postgres"), statements)
}

// patience is how long a statement may take: a busy disk takes half a minute to make a database.
const patience = 2 * time.Minute

// Exec runs statements on the database at an address.
func Exec(address, statements string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	db, err := sql.Open("pgx", address)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, statements)
	return err
}

// Standby makes and starts a server that follows this one, under a name that
// synchronous_standby_names may hold.
func (s *Server) Standby(name string) (*Server, error) {
	b, err := newServer()
	if err != nil {
		return nil, err
	}
	source := fmt.Sprintf("host=127.0.0.1 port=%d user=%s application_name=%s", s.port, superuser, name)
	if err := b.run("pg_basebackup", "--pgdata", b.data(), "--dbname", source, "--write-recovery-conf", "--checkpoint",
		"fast", "--no-sync"); err != nil {
		return nil, errors.Join(err, b.Remove())
	}
	if err := b.configure("primary_conninfo=" + source); err != nil {
		return nil, errors.Join(err, b.Remove())
	}
	if err := b.Run(); err != nil {
		return nil, errors.Join(err, b.Remove())
	}
	return b, nil
}

// StartPair starts a primary and a standby that follows it: at once, so that
// every commit waits for the standby, or as soon as it can.
func StartPair(synchronous bool) (primary, standby *Server, err error) {
	if primary, err = Start(); err != nil {
		return nil, nil, err
	}
	if standby, err = primary.Standby("second"); err != nil {
		return nil, nil, errors.Join(err, primary.Remove())
	}
	if synchronous {
		if err = primary.Set("synchronous_standby_names", "second"); err == nil {
			err = primary.wait(`DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync') THEN RAISE 'the standby is not synchronous yet'; END IF; END $$`)
		}
	}
	if err != nil {
		return nil, nil, errors.Join(err, primary.Remove(), standby.Remove())
	}
	return primary, standby, nil
}

// Promote makes a standby the primary.
func (s *Server) Promote() error {
	return s.Exec(`SELECT pg_promote(true, 60)`)
}

// Kill ends the server as a power failure would: all of its processes at once,
// and none has the time to say anything.
func (s *Server) Kill() error {
	if s.cmd == nil {
		return nil
	}
	pids := append([]int{s.cmd.Process.Pid}, children(s.cmd.Process.Pid)...)
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	<-s.done
	s.cmd = nil
	return nil
}

// Freeze stops all of the server's processes without ending them, as a machine
// does that hangs; Thaw lets them go on.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw is the inverse of Freeze.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) {
	for _, pid := range append([]int{s.cmd.Process.Pid}, children(s.cmd.Process.Pid)...) {
		_ = syscall.Kill(pid, sig)
	}
}

// Stop ends the server in good order.
func (s *Server) Stop() error {
	if s.cmd == nil {
		return nil
	}
	_ = s.cmd.Process.Signal(syscall.SIGINT) // "fast": clients are sent away
	select {
	case <-s.done:
		s.cmd = nil
		return nil
	case <-time.After(patience):
		return errors.Join(errors.New("the server does not stop"), s.Kill())
	}
}

// Remove ends the server and removes its cluster.
func (s *Server) Remove() error {
	return errors.Join(s.Kill(), os.RemoveAll(s.dir))
}

// children returns the processes whose parent is pid.
func children(pid int) (list []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		if len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			list = append(list, child)
		}
	}
	return list
}

// run runs one of PostgreSQL's programs to its end.
func (s *Server) run(program string, args ...string) error {
	bin, err := Bin()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(context.Background(), filepath.Join(bin, program), args...) //nolint:gosec // what the tests name
	cmd.Dir = s.dir
	if cmd.SysProcAttr, err = unprivileged(); err != nil {
		return err
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", program, err, out)
	}
	return nil
}

// unprivileged makes a process run as another user if this one is root, whom
// PostgreSQL refuses.
func unprivileged() (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return &syscall.SysProcAttr{}, nil
	}
	uid, gid, err := other()
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}, err
}

// giveAway makes a directory belong to that user.
func giveAway(dir string) error {
	if os.Getuid() != 0 {
		return nil
	}
	uid, gid, err := other()
	if err != nil {
		return err
	}
	return os.Chown(dir, int(uid), int(gid))
}

// other is the user postgres that Debian's package makes, or nobody.
func other() (uid, gid uint32, err error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return 0, 0, err
		}
	}
	id, err := strconv.ParseUint(u.Uid, 10, 32)
	group, groupErr := strconv.ParseUint(u.Gid, 10, 32)
	return uint32(id), uint32(group), errors.Join(err, groupErr)
}
