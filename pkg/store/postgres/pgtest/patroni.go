//go:build unix

package pgtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Patroni is a group of PostgreSQL servers that Debian's Patroni and etcd look
// after.
type Patroni struct {
	dir   string
	etcd  *exec.Cmd
	nodes []*patroniNode
}

type patroniNode struct {
	data      string // directory of the cluster
	port, api int
	cmd       *exec.Cmd
}

// trusting are the rules of a server that lets everybody on this machine in.
//
//nolint:dupword // so PostgreSQL writes it
const trusting = `  pg_hba:
    - local   all         all              trust
    - host    replication all 127.0.0.1/32 trust
    - host    all         all 127.0.0.1/32 trust
`

// StartPatroni starts etcd and two servers with a configuration file, of which
// what belongs to machines is replaced, and waits until the second is a
// synchronous standby of the first.
func StartPatroni(config string) (*Patroni, error) {
	dir, err := os.MkdirTemp("", "ostiary-patroni-")
	if err != nil {
		return nil, err
	}
	p := &Patroni{dir: dir}
	if err = giveAway(dir); err == nil {
		err = p.start(config)
	}
	if err == nil {
		err = p.wait("sync_standby")
	}
	if err != nil {
		return nil, errors.Join(err, p.Remove())
	}
	return p, nil
}

func (p *Patroni) start(config string) error {
	bin, err := Bin()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(config)
	if err != nil {
		return err
	}
	before, _, _ := strings.Cut(string(text), "  pg_hba:\n")
	file := filepath.Join(p.dir, "patroni.yaml")
	if err := os.WriteFile(file, []byte(before+trusting), readable); err != nil { //nolint:gosec // in a directory that was just made
		return err
	}
	client, peer, err := twoPorts()
	if err != nil {
		return err
	}
	url := "http://127.0.0.1:" + strconv.Itoa(client)
	peerURL := "http://127.0.0.1:" + strconv.Itoa(peer)
	p.etcd, err = p.run("etcd", nil, "etcd", "--data-dir", filepath.Join(p.dir, "etcd"), "--name", "one",
		"--listen-client-urls", url, "--advertise-client-urls", url, "--listen-peer-urls", peerURL,
		"--initial-advertise-peer-urls", peerURL, "--initial-cluster", "one="+peerURL)
	if err != nil {
		return err
	}
	for i := range 2 {
		name := "db" + strconv.Itoa(i+1)
		n := &patroniNode{data: filepath.Join(p.dir, name)}
		if n.port, n.api, err = twoPorts(); err != nil {
			return err
		}
		address := "127.0.0.1:" + strconv.Itoa(n.port)
		n.cmd, err = p.run(name, []string{
			"PATRONI_NAME=" + name, "PATRONI_ETCD3_HOSTS=127.0.0.1:" + strconv.Itoa(client),
			"PATRONI_RESTAPI_LISTEN=127.0.0.1:" + strconv.Itoa(n.api),
			"PATRONI_RESTAPI_CONNECT_ADDRESS=127.0.0.1:" + strconv.Itoa(n.api),
			"PATRONI_POSTGRESQL_LISTEN=" + address, "PATRONI_POSTGRESQL_CONNECT_ADDRESS=" + address,
			"PATRONI_POSTGRESQL_DATA_DIR=" + n.data, "PATRONI_POSTGRESQL_BIN_DIR=" + bin,
			"PATRONI_POSTGRESQL_PGPASS=" + filepath.Join(p.dir, name+".pass"),
		}, "patroni", file)
		if err != nil {
			return err
		}
		p.nodes = append(p.nodes, n)
		if i == 0 {
			if err := p.wait("master"); err != nil {
				return err
			}
		}
	}
	return nil
}

func twoPorts() (a, b int, err error) {
	if a, err = freePort(); err == nil {
		b, err = freePort()
	}
	return a, b, err
}

// run starts a program whose output goes to a log.
func (p *Patroni) run(log string, env []string, program string, args ...string) (*exec.Cmd, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return nil, fmt.Errorf("%s is not installed; on Debian, install the packages patroni and etcd-server: %w",
			program, err)
	}
	out, err := os.Create(filepath.Join(p.dir, log+".log"))
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.CommandContext(context.Background(), path, args...) //nolint:gosec // what the tests name
	cmd.Env, cmd.Dir = append(os.Environ(), env...), p.dir
	cmd.Stdout, cmd.Stderr = out, out
	if cmd.SysProcAttr, err = unprivileged(); err != nil {
		return nil, err
	}
	err = cmd.Start()
	return cmd, err
}

// wait waits until a member has a role, as Patroni names it.
func (p *Patroni) wait(role string) error {
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		for _, n := range p.nodes {
			if n.cmd != nil && n.is(role) {
				return nil
			}
		}
	}
	var logs strings.Builder
	for i := range p.nodes {
		text, _ := os.ReadFile(filepath.Join(p.dir, fmt.Sprintf("db%d.log", i+1)))
		logs.Write(text)
	}
	return fmt.Errorf("no server became %s: %s", role, logs.String())
}

// is asks Patroni whether a member has a role.
func (n *patroniNode) is(role string) bool {
	url := "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(n.api)) + "/patroni"
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, http.NoBody)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	var state struct {
		Role        string `json:"role"`
		State       string `json:"state"`
		SyncStandby bool   `json:"sync_standby"`
	}
	if json.NewDecoder(resp.Body).Decode(&state) != nil || state.State != "running" {
		return false
	}
	return state.Role == role || role == "sync_standby" && state.SyncStandby
}

// URL is the address of a database that the group holds.
func (p *Patroni) URL(database string) string {
	servers := make([]*Server, len(p.nodes))
	for i, n := range p.nodes {
		servers[i] = &Server{port: n.port}
	}
	return URL(database, servers...)
}

// KillPrimary ends the primary's machine: Patroni and PostgreSQL at once.
func (p *Patroni) KillPrimary() error {
	for _, n := range p.nodes {
		if n.cmd != nil && n.is("master") {
			n.kill()
			return nil
		}
	}
	return errors.New("there is no primary")
}

// kill ends a member with all processes that it has started. PostgreSQL's own
// is no child of Patroni's, and outlives it.
func (n *patroniNode) kill() {
	if n.cmd == nil {
		return
	}
	pids := descendants(n.cmd.Process.Pid)
	if content, err := os.ReadFile(filepath.Join(n.data, "postmaster.pid")); err == nil {
		first, _, _ := strings.Cut(string(content), "\n")
		if pid, err := strconv.Atoi(first); err == nil {
			pids = append(pids, descendants(pid)...)
		}
	}
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	_ = n.cmd.Wait()
	n.cmd = nil
}

// descendants returns a process and all below it.
func descendants(pid int) []int {
	list := []int{pid}
	for _, child := range children(pid) {
		list = append(list, descendants(child)...)
	}
	return list
}

// Remove ends everything.
func (p *Patroni) Remove() error {
	for _, n := range p.nodes {
		n.kill()
	}
	if p.etcd != nil && p.etcd.Process != nil {
		_ = p.etcd.Process.Kill()
		_ = p.etcd.Wait()
	}
	return os.RemoveAll(p.dir)
}
