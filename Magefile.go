//go:build mage

// Ostiary: keys for machines. These are the project's commands; start with `go tool mage run`.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/magefile/mage/mg"
	"github.com/magefile/mage/target"
)

// Run builds what is missing and serves the console, the API and the gate from here, with its store in ./data.
func Run(ctx context.Context) error {
	if err := do(ctx, webModules, console, server); err != nil {
		return err
	}
	say("Starting %s. Ctrl+C stops it.", serverBinary)
	return become(serverBinary, "serve")
}

// Test installs what the tests lack and runs all of them: Go with the race detector, web, desktop, end to end.
func Test(ctx context.Context) error {
	return do(ctx, webModules, console, server, pluginPages, pluginBackend, goTests, allocationTests, archiveTests, webTests, desktopTests, desktopProgram, desktopWalk, standIn, endToEndTests)
}

// Build makes all programs in bin/ and the Grafana plugin in dist/.
func Build(ctx context.Context) error {
	return do(ctx, webModules, console, server, desktopProgram, pluginPages, pluginBackend)
}

// Desktop builds the desktop program and opens it.
func Desktop(ctx context.Context) error {
	if err := do(ctx, desktopProgram); err != nil {
		return err
	}
	say("Opening %s.", desktopBinary)
	return become(desktopBinary)
}

// Dist writes the release archives of the server, the Grafana plugin and the desktop program to build/, with their
// checksums.
func Dist(ctx context.Context) error {
	return do(ctx, webModules, console, server, archives, pluginPages, pluginArchive, desktopArchive)
}

// Bench measures how fast keys are checked and changed, and what the desktop program takes, and prints the figures.
func Bench(ctx context.Context) error {
	return do(ctx, benchmarks, desktopProgram, desktopFigures)
}

// Lint runs the linters: golangci-lint with gofmt, go vet and the arrows between the rooms, and the web's own.
func Lint(ctx context.Context) error {
	return do(ctx, webModules, goLint, webTypes, webTypesOldest, webLint)
}

// Check holds the parts of `test`, to run one of them alone.
type Check mg.Namespace

// Go runs the Go tests with the race detector.
func (Check) Go(ctx context.Context) error { return do(ctx, goTests, allocationTests) }

// Web runs the tests of the pages.
func (Check) Web(ctx context.Context) error { return do(ctx, webModules, webTests) }

// Desktop runs the tests of the desktop program: those that need no display, and the walk on a virtual one.
func (Check) Desktop(ctx context.Context) error {
	return do(ctx, desktopTests, desktopProgram, desktopWalk)
}

// E2e runs the tests that drive the console in a browser.
func (Check) E2e(ctx context.Context) error {
	return do(ctx, webModules, console, server, pluginPages, pluginBackend, standIn, endToEndTests)
}

const (
	serverBinary  = "bin/ostiary"
	desktopBinary = "bin/ostiary-desktop"
	pluginBinary  = "dist/gpx_ostiary_apikeys"
	pluginID      = "ostiary-apikeys-app"
	consolePage   = "pkg/console/dist/index.html"

	// Users and hosts are looked up without the C library, so that a program can be linked statically, and SQLite
	// loads no extensions.
	releaseTags = "osusergo,netgo,sqlite_omit_load_extension"
	static      = `-linkmode external -extldflags "-static"`
)

// What a step needs of the system: commands, and headers by their path.
var (
	cCompiler = []string{"gcc", "/usr/include/stdlib.h"}
	graphics  = append(slices.Clone(cCompiler),
		"pkg-config", "/usr/include/GL/gl.h", "/usr/include/X11/Xcursor/Xcursor.h", "/usr/include/X11/extensions/Xrandr.h",
		"/usr/include/X11/extensions/Xinerama.h", "/usr/include/X11/extensions/XInput2.h",
		"/usr/include/X11/extensions/xf86vmode.h")
	testServers = []string{"curl", "nginx", "caddy", "prometheus"}
	databases   = []string{"pg_createcluster", "pgbouncer"}
	judges      = []string{"systemd-analyze"}
	// A desktop session of the tests' own.
	session = []string{"dbus-run-session", "gnome-keyring-daemon"}
)

// debianPackages says which Debian package brings what a step needs. Other systems name theirs much the same.
var debianPackages = map[string]string{
	"gcc":                   "gcc",
	"/usr/include/stdlib.h": "libc6-dev",
	"npm":                   "npm",

	"curl":       "curl",
	"nginx":      "nginx",
	"caddy":      "caddy",
	"prometheus": "prometheus",
	"chromium":   "chromium",

	"systemd-analyze":  "systemd",
	"pg_createcluster": "postgresql",
	"pgbouncer":        "pgbouncer",

	"Xvfb":    "xvfb",
	"xdotool": "xdotool",
	"xclip":   "xclip",
	"openbox": "openbox",

	"dbus-run-session":     "dbus-daemon",
	"gnome-keyring-daemon": "gnome-keyring",

	"pkg-config":                              "pkg-config",
	"/usr/include/GL/gl.h":                    "libgl1-mesa-dev",
	"/usr/include/X11/Xcursor/Xcursor.h":      "libxcursor-dev",
	"/usr/include/X11/extensions/Xrandr.h":    "libxrandr-dev",
	"/usr/include/X11/extensions/Xinerama.h":  "libxinerama-dev",
	"/usr/include/X11/extensions/XInput2.h":   "libxi-dev",
	"/usr/include/X11/extensions/xf86vmode.h": "libxxf86vm-dev",

	"aarch64-linux-gnu-gcc":                   "gcc-aarch64-linux-gnu",
	"/usr/aarch64-linux-gnu/include/stdlib.h": "libc6-dev-arm64-cross",
	"x86_64-linux-gnu-gcc":                    "gcc-x86-64-linux-gnu",
	"/usr/x86_64-linux-gnu/include/stdlib.h":  "libc6-dev-amd64-cross",
}

// step is one piece of work that a target is made of.
type step struct {
	name  string
	of    []string // the files that it works on: without all of them in the tree there is nothing to do
	needs []string // what it needs of the system, keys of debianPackages
	check bool     // it judges and builds nothing: when it fails the later steps still run
	run   func(context.Context) error
}

var (
	server = step{name: "server", of: []string{"pkg/cmd/ostiary"}, needs: cCompiler,
		run: func(ctx context.Context) error { return goBuild(ctx, serverBinary, "./pkg/cmd/ostiary", "") }}

	desktopProgram = step{name: "desktop program", of: []string{"desktop/main.go"}, needs: graphics,
		run: func(ctx context.Context) error { return goBuild(ctx, desktopBinary, "./desktop", "") }}

	// With github.com/grafana/grafana-plugin-sdk-go/build, by way of Magefile_release.go.
	pluginBackend = step{name: "plugin backend", of: []string{"plugin.json", "pkg/main.go"}, needs: cCompiler,
		run: func(ctx context.Context) error {
			return buildPlugin(ctx, platform{runtime.GOOS, runtime.GOARCH})
		}}
	pluginPages = step{name: "plugin pages", of: []string{"plugin.json", "webpack.config.ts"}, needs: []string{"npm"},
		run: npmRun("build")}

	webModules = step{name: "web modules", of: []string{"package.json"}, needs: []string{"npm"}, run: installWebModules}
	console    = step{name: "web console", of: []string{"webpack.console.ts", "src/console.tsx"}, run: buildConsole}

	goTests = step{name: "Go tests", of: []string{"pkg"}, needs: slices.Concat(cCompiler, testServers, databases, judges), check: true,
		run: goTest(releaseTags, "./pkg/...")}
	// The race detector allocates by itself, so allocations are counted without it.
	allocationTests = step{name: "allocations", of: []string{"pkg/verify"}, needs: cCompiler, check: true,
		run: func(ctx context.Context) error {
			return sh(ctx, []string{"CGO_ENABLED=1"}, "go", "test", "-trimpath", "-tags", releaseTags, "-run", "Allocates", "./pkg/apikey", "./pkg/verify")
		}}
	// The plugin's archive, of what was built in dist/.
	archiveTests = step{name: "plugin archive", of: []string{"plugin.json", "Magefile_release_test.go"}, needs: cCompiler, check: true,
		run: func(ctx context.Context) error {
			return sh(ctx, []string{"CGO_ENABLED=1"}, "go", "test", "-trimpath", "-tags", "mage,"+releaseTags, ".")
		}}
	desktopTests = step{name: "desktop tests", of: []string{"desktop"}, needs: append(slices.Clone(cCompiler), session...), check: true,
		run: testDesktop}
	webTests = step{name: "web tests", of: []string{"jest.config.js", "src"}, check: true, run: npmRun("test:ci")}
	// What the plugin's own pages are tested in: its real executable, and a page that loads it as Grafana does.
	standIn = step{name: "stand-in for Grafana", of: []string{"webpack.grafana.ts", "pkg/plugintest/pluginhost"}, needs: cCompiler,
		run: buildStandIn}
	endToEndTests = step{name: "end to end", of: []string{"jest.e2e.config.js", "src/e2e"}, check: true,
		needs: append([]string{"chromium"}, testServers...), run: npmRun("e2e")}

	goLint   = step{name: "Go lint", of: []string{"pkg"}, needs: cCompiler, check: true, run: lintGo}
	webTypes = step{name: "web types", of: []string{"tsconfig.json", "src"}, check: true, run: npmRun("typecheck")}
	// The plugin's pages, against what the oldest Grafana that they run in gives them.
	webTypesOldest = step{name: "web types in Grafana 11.6", of: []string{".config/grafana-11.6", "src"}, check: true,
		run: npmRun("typecheck:oldest")}
	webLint = step{name: "web lint", of: []string{"eslint.config.mjs", "src"}, check: true, run: npmRun("lint")}

	benchmarks = step{name: "benchmarks", of: []string{"pkg"}, needs: slices.Concat(cCompiler, databases), run: bench}
	archives   = step{name: "archives", of: []string{"pkg/cmd/ostiary"}, needs: crossCompilers(), run: buildArchives}

	pluginArchive = step{name: "plugin archive", of: []string{"plugin.json", "pkg/main.go"}, needs: crossCompilers(),
		run: buildPluginArchive}
)

// goBuild builds one program, stamped with the version. Go rebuilds only what has changed.
func goBuild(ctx context.Context, out, pkg, linkFlags string, env ...string) error {
	return sh(ctx, append(env, "CGO_ENABLED=1"), "go", "build", "-trimpath", "-buildvcs=false", "-tags", releaseTags,
		"-ldflags", strings.TrimSpace("-X github.com/ostiary/ostiary/pkg/cli.Version="+version()+" "+linkFlags), "-o", out, pkg)
}

func goTest(tags, packages string) func(context.Context) error {
	return func(ctx context.Context) error {
		return sh(ctx, []string{"CGO_ENABLED=1"}, "go", "test", "-race", "-timeout", "10m", "-tags", tags, packages)
	}
}

func npmRun(script string) func(context.Context) error {
	return func(ctx context.Context) error { return sh(ctx, nil, "npm", "run", script) }
}

// installWebModules installs what package-lock.json names; npm keeps a copy of what it has installed.
func installWebModules(ctx context.Context) error {
	stale, err := target.Path("node_modules/.package-lock.json", "package-lock.json")
	if err != nil || !stale {
		return upToDate(err)
	}
	return sh(ctx, nil, "npm", "ci")
}

func buildConsole(ctx context.Context) error {
	sources := []string{"src", ".config", "webpack.console.ts", "tsconfig.json", "package-lock.json"}
	stale, err := target.Dir(consolePage, sources...)
	if err != nil || !stale {
		return upToDate(err)
	}
	if err := npmRun("build:console")(ctx); err != nil {
		return err
	}
	// webpack leaves a file alone whose content stays the same; its time must still say when it was built.
	return os.Chtimes(consolePage, time.Now(), time.Now())
}

func buildStandIn(ctx context.Context) error {
	if err := goBuild(ctx, "bin/test/pluginhost", "./pkg/plugintest/pluginhost", ""); err != nil {
		return err
	}
	return npmRun("build:grafana")(ctx)
}

func upToDate(err error) error {
	if err == nil {
		fmt.Println("up to date")
	}
	return err
}

func lintGo(ctx context.Context) error {
	say("golangci-lint is built from source the first time, which takes two to three minutes.")
	// With the paths as releases have them, what is compiled for the linters serves those too.
	env := []string{"GOFLAGS=" + strings.TrimSpace(os.Getenv("GOFLAGS")+" -trimpath")}
	return sh(ctx, env, "go", "tool", "-modfile=.config/lint/go.mod", "golangci-lint", "run", "./...")
}

// bench prefers the program that measures whole requests to the small benchmarks beside the tests.
func bench(ctx context.Context) error {
	cgo := []string{"CGO_ENABLED=1"}
	if exists("pkg/bench") {
		return sh(ctx, cgo, "go", "run", "-tags", releaseTags, "./pkg/bench")
	}
	return sh(ctx, cgo, "go", "test", "-tags", releaseTags, "-run", "^$", "-bench", ".", "-benchmem", "./pkg/...")
}

// version is what git makes of the commit: v1.2.0 or v1.2.0-3-gabc1234. Before the first tag it is the commit on the way
// to the version that package.json names, such as v0.1.0-abc1234.
func version() string {
	commit := git("describe", "--always", "--dirty", "--exclude=*")
	if commit == "" {
		return "dev"
	}
	return cmp.Or(git("describe", "--tags", "--dirty"), "v"+nextVersion()+"-"+commit)
}

// nextVersion is the one that package.json names, which the pages show.
func nextVersion() string {
	var about struct{ Version string }
	content, err := os.ReadFile("package.json")
	if err == nil {
		err = json.Unmarshal(content, &about)
	}
	if err != nil {
		panic(err) // it is a file of this repository
	}
	return about.Version
}

// commitTime is when the commit was made, and now where there is none.
func commitTime() time.Time {
	made, err := time.Parse(time.RFC3339, git("log", "-1", "--format=%cI"))
	if err != nil {
		return time.Now()
	}
	return made
}

// git returns what a git command prints, or nothing where this is not a repository.
func git(args ...string) string {
	out, err := exec.Command("git", args...).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// do installs what the steps need and runs them in order. A step that builds stops the rest when it fails; a check
// does not, so that one run shows all that is wrong.
func do(ctx context.Context, steps ...step) error {
	// Debian keeps servers such as nginx where an ordinary user's path does not lead.
	if err := os.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin"); err != nil {
		return err
	}
	steps = slices.DeleteFunc(steps, func(s step) bool { return !s.hasWork() })
	if err := install(ctx, steps); err != nil {
		return err
	}
	var failed []string
	var summary strings.Builder
	table := tabwriter.NewWriter(&summary, 0, 0, 2, ' ', 0)
	for _, s := range steps {
		say("%s", s.name)
		start := time.Now()
		err := s.run(ctx)
		outcome := "ok"
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", s.name, err)
			failed, outcome = append(failed, s.name), "FAILED"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", s.name, time.Since(start).Round(100*time.Millisecond), outcome)
		if err != nil && (!s.check || ctx.Err() != nil) {
			break
		}
	}
	if slices.ContainsFunc(steps, func(s step) bool { return s.check }) {
		_ = table.Flush()
		fmt.Printf("\n%s", summary.String())
	}
	if failed != nil {
		return fmt.Errorf("failed: %s", strings.Join(failed, ", "))
	}
	return nil
}

// hasWork reports whether everything is there that the step works on.
func (s step) hasWork() bool {
	missing := slices.IndexFunc(s.of, func(path string) bool { return !exists(path) })
	if missing >= 0 {
		say("%s: left out, there is no %s", s.name, s.of[missing])
	}
	return missing < 0
}

// install adds the system packages that the steps lack, with apt as root; otherwise it says what to type.
func install(ctx context.Context, steps []step) error {
	var packages []string
	for _, s := range steps {
		for _, need := range s.needs {
			if !onSystem(need) && !slices.Contains(packages, debianPackages[need]) {
				packages = append(packages, debianPackages[need])
			}
		}
	}
	if packages == nil {
		return nil
	}
	line := []string{"apt-get", "install", "--yes", "--no-install-recommends"}
	line = append(line, packages...)
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("install these packages, by the names that this system has for them, and try again: %s",
			strings.Join(packages, " "))
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("some packages are missing; type this and try again:\n  sudo apt-get update && sudo %s", strings.Join(line, " "))
	}
	say("Installing %s", strings.Join(packages, " "))
	release, err := holdServices()
	if err != nil {
		return err
	}
	defer release()
	env := []string{"DEBIAN_FRONTEND=noninteractive"}
	wait := "DPkg::Lock::Timeout=300"
	if err := sh(ctx, env, "apt-get", "update", "-qq", "-o", wait); err != nil {
		return err
	}
	return sh(ctx, env, line[0], append(line[1:], "-qq", "-o", wait, "-o", "Dpkg::Use-Pty=0")...)
}

// holdServices keeps apt from starting the servers that it installs, until release is called: the tests start their
// own. A machine that already has a policy keeps it.
func holdServices() (release func(), err error) {
	const policy = "/usr/sbin/policy-rc.d"
	if exists(policy) {
		return func() {}, nil
	}
	forbidden := "#!/bin/sh\nexit 101\n"
	return func() { _ = os.Remove(policy) }, os.WriteFile(policy, []byte(forbidden), 0o755)
}

// onSystem reports whether a command is on the path or a header is in its place. Only Linux keeps headers there.
func onSystem(need string) bool {
	if filepath.IsAbs(need) {
		return runtime.GOOS != "linux" || exists(need)
	}
	_, err := exec.LookPath(need)
	return err == nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// sh runs a command with what it prints shown, and asks it to stop when ctx ends.
func sh(ctx context.Context, env []string, command string, args ...string) error {
	cmd := exec.CommandContext(ctx, command, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 4 * time.Second // mage gives a target five
	fmt.Println("$", shown(append([]string{command}, args...)))
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	return nil
}

// shown is a command as one would type it.
func shown(words []string) string {
	quoted := slices.Clone(words)
	for i, word := range quoted {
		if strings.ContainsAny(word, " $") {
			quoted[i] = "'" + word + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// mage is the process that waits for this one; it is another when that has been killed.
var mage = os.Getppid()

// become gives this process's place to a program, so that signals and the exit code are the program's own. Where
// setpriv can arrange it, the program also ends when mage is killed.
func become(command ...string) error {
	if os.Getppid() != mage {
		return fmt.Errorf("mage was stopped, so %s is not started", command[0])
	}
	bound := []string{"setpriv", "--pdeathsig", "TERM"}
	if exec.Command(bound[0], append(bound[1:], "true")...).Run() == nil {
		command = append(bound, command...)
	}
	path, err := exec.LookPath(command[0])
	if err != nil {
		return err
	}
	return syscall.Exec(path, command, os.Environ())
}

func say(format string, args ...any) { fmt.Printf("==> "+format+"\n", args...) }
