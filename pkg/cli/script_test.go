package cli

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/node"
	"github.com/ostiary/ostiary/pkg/origin"
	"github.com/ostiary/ostiary/pkg/origin/origintest"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"ostiary": func() {
			if term.Is(os.Stderr) {
				os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
			}
			guard := &tokenGuard{out: os.Stderr}
			code := Main(os.Args[1:], os.Stdin, os.Stdout, guard)
			if guard.leaked {
				code = exitLeaked
			}
			os.Exit(code)
		},
	})
}

// exitLeaked is no code of the program, so that every script fails in which a
// token comes out of stderr.
const exitLeaked = 99

// tokenGuard passes stderr on and watches for tokens in it.
type tokenGuard struct {
	out    io.Writer
	all    []byte
	leaked bool
}

func (g *tokenGuard) Write(p []byte) (int, error) {
	g.all = append(g.all, p...)
	g.leaked = g.leaked || apikey.Redact(string(g.all)) != string(g.all)
	return g.out.Write(p)
}

// TestScripts runs the scripts, each against a server of its own. They read
// as documentation; these are the commands besides those of testscript:
//
//	exits CODE PROGRAM ARG...    runs a program that must end with that code
//	on-terminal FILE PROGRAM...  runs a program on a terminal, types the file, and prints what is shown
//	capture NAME REGEXP FILE     sets a variable to what the first group finds
//	hard-link FILE NAME          gives a file another name
//	write-as FILE FORM SOURCE    writes a file again as an editor would have: see cmdWriteAs
//	used ID COUNT DAYS           writes down that a key was used so often, so many days ago
//	at-rest                      waits until the server has nothing left to write down
//	on-store DIR STATEMENT       runs a statement of SQL on the database in a data directory
//	make-database SYSTEM FILE    makes a database of another system: see cmdMakeDatabase
//
// Each script finds a server at $OSTIARY_URL, whose configuration it may
// bring as server.yaml, with an Admin key in $OSTIARY_API_KEY_FILE.
// $GRAFANA_URL is the server as a Grafana below a sub-path shows it, and
// $TLS_URL the server behind a certificate that ca.pem vouches for.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               startServer,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":         cmdExits,
			"on-terminal":   cmdOnTerminal,
			"capture":       cmdCapture,
			"used":          cmdUsed,
			"at-rest":       cmdAtRest,
			"make-database": cmdMakeDatabase,
			"hard-link":     cmdHardLink,
			"write-as":      cmdWriteAs,
			"on-store":      cmdOnStore,
		},
	})
}

func startServer(env *testscript.Env) error {
	settings := map[string]string{
		"OSTIARY_DATA_DIR":    filepath.Join(env.WorkDir, ".data"),
		"OSTIARY_LISTEN":      "127.0.0.1:0",
		"OSTIARY_GATE_LISTEN": "127.0.0.1:0",
	}
	source := config.Source{EnvPrefix: config.EnvPrefix, LookupEnv: func(name string) (string, bool) {
		value, ok := settings[name]
		return value, ok
	}}
	if file := filepath.Join(env.WorkDir, "server.yaml"); exists(file) {
		source.File = file
	}
	cfg, err := config.Load(source)
	if err != nil {
		return err
	}
	ctx := env.T().(testing.TB).Context()
	n, err := node.Start(ctx, cfg, node.Options{Version: "test", Bootstrap: true})
	if err != nil {
		return err
	}
	env.Defer(func() { _ = n.Close(ctx) })

	keyFile := filepath.Join(env.WorkDir, "admin.key")
	if err := os.WriteFile(keyFile, []byte(n.FirstKey().Token+"\n"), 0o600); err != nil {
		return err
	}
	server, err := url.Parse(n.ManagementURL())
	if err != nil {
		return err
	}
	grafana := httptest.NewServer(http.StripPrefix("/graph", httputil.NewSingleHostReverseProxy(server)))
	env.Defer(grafana.Close)
	secure := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(server))
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	secure.StartTLS()
	env.Defer(secure.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	if err := os.WriteFile(filepath.Join(env.WorkDir, "ca.pem"), ca, 0o600); err != nil {
		return err
	}

	env.Setenv("GORACE", "atexit_sleep_ms=0") // or each program would wait a second before it ends
	env.Setenv("OSTIARY_URL", n.ManagementURL())
	env.Setenv("GATE_URL", n.GateURL())
	env.Setenv("OSTIARY_API_KEY_FILE", keyFile)
	env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, ".config"))
	env.Setenv("ADMIN_ID", n.FirstKey().Key.ID)
	env.Setenv("GRAFANA_URL", grafana.URL+"/graph")
	env.Setenv("TLS_URL", secure.URL)
	return nil
}

// cmdUsed writes to the server's store, as another server on it would.
func cmdUsed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: used ID COUNT DAYS")
	}
	id, _ := apikey.ParseID(args[0])
	times, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	days, err := strconv.Atoi(args[2])
	ts.Check(err)
	ctx := context.Background()
	store := openServersStore(ts)
	now := time.Now().UTC()
	if left := now.Truncate(24*time.Hour).AddDate(0, 0, 1).Sub(now); left < 10*time.Second { // the script goes on today
		time.Sleep(left)
		now = time.Now().UTC()
	}
	use := apikey.Usage{Count: times, LastAt: now.AddDate(0, 0, -days)}
	ts.Check(store.RecordUsage(ctx, apikey.UsageBatch{Uses: []apikey.KeyUsage{{KeyID: id, Usage: use}}}))
	ts.Check(store.Close())
}

// cmdOnStore does what somebody can who may write to the database.
func cmdOnStore(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: on-store DIR STATEMENT")
	}
	db, err := sql.Open("sqlite3", config.DatabaseFile(ts.MkAbs(args[0]))+"?_busy_timeout=10000")
	ts.Check(err)
	_, err = db.ExecContext(context.Background(), strings.Join(args[1:], " "))
	ts.Check(errors.Join(err, db.Close()))
}

// cmdAtRest uses the Admin key once more and waits until that is written down,
// with all use before it.
func cmdAtRest(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: at-rest")
	}
	ctx := context.Background()
	store := openServersStore(ts)
	defer func() { ts.Check(store.Close()) }()
	began := time.Now().Truncate(apikey.TimeUnit)
	c, err := client.New(ts.Getenv("OSTIARY_URL"), client.WithBearer(ts.ReadFile("admin.key")))
	ts.Check(err)
	_, err = c.Whoami(ctx)
	ts.Check(err)
	for range 1000 {
		k, err := store.Key(ctx, config.StandaloneOrg, ts.Getenv("ADMIN_ID"))
		ts.Check(err)
		if !k.Usage.LastAt.Before(began) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	ts.Fatalf("the use of the Admin key is not written down")
}

// openServersStore opens the store of the running server.
func openServersStore(ts *testscript.TestScript) *sqlite.Store {
	store, err := sqlite.Open(context.Background(), filepath.Join(ts.MkAbs(".data"), "ostiary.db"), sqlite.WithExisting())
	ts.Check(err)
	return store
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func cmdHardLink(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: hard-link FILE NAME")
	}
	ts.Check(os.Link(ts.MkAbs(args[0]), ts.MkAbs(args[1])))
}

// cmdWriteAs writes what a file of one line holds as some editor would.
func cmdWriteAs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: write-as FILE FORM SOURCE")
	}
	line := strings.TrimRight(ts.ReadFile(args[2]), "\n")
	forms := map[string]string{
		"UTF-8 with a mark": "\ufeff" + line + "\r\n",
		"UTF-16":            "\xff\xfe" + strings.Join(append(strings.Split(line, ""), "\r", "\n", ""), "\x00"),
		"a blank":           line + " \n",
	}
	content, ok := forms[args[1]]
	if !ok {
		ts.Fatalf("there is no form %s", args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(content), 0o600))
}

func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, not %d", got, want)
	}
}

func cmdCapture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: capture NAME REGEXP FILE")
	}
	found := regexp.MustCompile(`(?m)` + args[1]).FindStringSubmatch(ts.ReadFile(args[2]))
	if len(found) < 2 {
		ts.Fatalf("%s does not hold %s", args[2], args[1])
	}
	ts.Setenv(args[0], found[1])
}

// cmdMakeDatabase makes a database of another system with some keys, the first
// of which can be taken over.
func cmdMakeDatabase(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: make-database SYSTEM FILE")
	}
	past, future := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2090, 6, 1, 10, 0, 0, 0, time.UTC)
	file := ts.MkAbs(args[1])
	switch args[0] {
	case origin.Grafana:
		origintest.Grafana(file,
			origintest.Key{Name: "deploy", Role: "Editor", Expires: future},
			origintest.Key{Name: "collector", Role: "Viewer", Account: true, New: true, Disabled: true},
			origintest.Key{Name: "elsewhere", Role: "Viewer", OrgID: 2},
			origintest.Key{Name: "expired", Role: "Admin", Expires: past})
	case origin.Pyroscope:
		origintest.Pyroscope(file, origintest.Key{Name: "agents", Role: "Agent"})
	case origin.UptimeKuma:
		origintest.Kuma(file, "", origintest.Key{Name: "prometheus", Expires: future})
	case "long":
		origintest.Kuma(file, "", origintest.Key{Name: strings.Repeat("x", 400)}, origintest.Key{Name: "short"})
	case "unreadable":
		origintest.Kuma(file, "", origintest.Key{Name: "odd", Ends: "some day"})
	default:
		ts.Fatalf("there is no system %s", args[0])
	}
}

// cmdOnTerminal runs a program whose streams are all a terminal. "[exit 1]" on
// a line of its own ends what is shown, unless the program ends with 0.
func cmdOnTerminal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: on-terminal FILE PROGRAM ARG...")
	}
	cmd := exec.Command(args[1], args[2:]...)
	for _, name := range []string{"GORACE", "GOCOVERDIR", "OSTIARY_URL", "OSTIARY_API_KEY_FILE", "XDG_CONFIG_HOME", "PATH", "HOME"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	cmd.Dir = ts.MkAbs(".")
	terminal, err := pty.Start(cmd)
	ts.Check(err)
	defer terminal.Close()
	shown := typeAt(terminal, strings.ReplaceAll(ts.ReadFile(args[0]), "CTRL-C\n", "\x03"))
	_, _ = io.WriteString(ts.Stdout(), strings.ReplaceAll(shown, "\r\n", "\n"))
	if err := cmd.Wait(); err != nil {
		_, _ = io.WriteString(ts.Stdout(), "["+strings.Replace(err.Error(), "status ", "", 1)+"]\n")
	}
}

// typeAt types a text when the program asks for something, and returns all
// that is shown until the program ends.
func typeAt(terminal *os.File, text string) string {
	var shown []byte
	buf := make([]byte, 4096)
	for typed := false; ; {
		n, err := terminal.Read(buf)
		if err != nil { // Linux ends it with EIO when the program is gone
			return string(shown)
		}
		shown = append(shown, buf[:n]...)
		if !typed && bytes.HasSuffix(shown, []byte(" ")) {
			for !bytes.HasSuffix(shown, []byte("[y/N] ")) && echoes(terminal) {
				time.Sleep(time.Millisecond) // a key is not typed before the terminal hides it
			}
			_, _ = terminal.WriteString(text)
			typed = true
		}
	}
}

func echoes(terminal *os.File) bool {
	stty := exec.Command("stty", "-a")
	stty.Stdin = terminal
	settings, err := stty.Output()
	return err == nil && !strings.Contains(string(settings), " -echo ")
}
