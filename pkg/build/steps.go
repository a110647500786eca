package build

import (
	"os"
	"runtime"
	"slices"
	"strings"
)

const (
	serverBinary  = "bin/ostiary"
	desktopBinary = "bin/ostiary-desktop"
	pluginBinary  = "dist/gpx_ostiary_apikeys"
	pluginID      = "ostiary-apikeys-app"
	consolePage   = "pkg/console/dist/index.html"
	configFile    = "ostiary.yaml"

	// Users and hosts are looked up without the C library, so that a program can be linked statically, and SQLite
	// loads no extensions.
	releaseTags = "osusergo,netgo,sqlite_omit_load_extension"
	static      = `-linkmode external -extldflags "-static"`
)

// here is the system that this program runs on.
var here = platform{runtime.GOOS, runtime.GOARCH}

// Steps that build what others need.
var (
	// WebModules installs what package-lock.json names.
	WebModules = Step{name: "web modules", of: []string{"package.json"}, needs: []string{"npm"}, run: installWebModules}
	// Console builds the console's pages into the server's sources.
	Console = Step{name: "web console", of: []string{".config/webpack/console.ts", "src/console.tsx"},
		run: buildConsole}
	// Server builds bin/ostiary.
	Server = Step{name: "server", of: []string{"pkg/cmd/ostiary"}, needs: cCompiler, run: buildServer}
	// DesktopProgram builds bin/ostiary-desktop.
	DesktopProgram = Step{name: "desktop program", of: []string{"desktop/main.go"}, needs: graphics,
		run: buildDesktopProgram}
	// PluginPages builds the plugin's pages into dist/.
	PluginPages = Step{name: "plugin pages", of: []string{"plugin.json", ".config/webpack/plugin.ts"},
		needs: []string{"npm"}, run: npmRun("build")}
	// PluginBackend builds the plugin's program for this system into dist/.
	PluginBackend = Step{name: "plugin backend", of: []string{"plugin.json", "pkg/main.go"}, needs: cCompiler,
		run: buildPluginHere}
	// StandIn builds what the plugin's own pages are tested in: its real executable, and a page that loads it as
	// Grafana does.
	StandIn = Step{name: "stand-in for Grafana",
		of: []string{".config/webpack/grafana.ts", "pkg/plugintest/pluginhost"}, needs: cCompiler,
		run: buildStandIn}
)

// Steps that test.
var (
	// GoTests runs the Go tests with the race detector.
	GoTests = Step{name: "Go tests", of: []string{"pkg"},
		needs: slices.Concat(cCompiler, testServers, databases, judges), check: true,
		run: goTest(releaseTags, "./pkg/...")}
	// AllocationTests counts allocations, without the race detector, which allocates by itself.
	AllocationTests = Step{name: "allocations", of: []string{"pkg/verify"}, needs: cCompiler, check: true,
		run: testAllocations}
	// ArchiveTests looks at the plugin's archive, of what was built in dist/.
	ArchiveTests = Step{name: "plugin archive", of: []string{"plugin.json", "pkg/build"}, needs: cCompiler, check: true,
		run: testArchive}
	// DesktopTests runs the desktop program's tests that need no display.
	DesktopTests = Step{name: "desktop tests", of: []string{"desktop"}, needs: slices.Concat(cCompiler, session),
		check: true, run: testDesktop}
	// DesktopWalk uses the desktop program in a window on a virtual screen.
	DesktopWalk = Step{name: "desktop walk", of: []string{"desktop/walk"}, check: true, run: walkThroughDesktop,
		needs: slices.Concat([]string{"Xvfb", "xdotool", "xclip", "openbox"}, session, graphics)}
	// WebTests runs the tests of the pages.
	WebTests = Step{name: "web tests", of: []string{".config/jest/pages.js", "src"}, check: true,
		run: npmRun("test:ci")}
	// EndToEndTests drives the console and the plugin's pages in a browser.
	EndToEndTests = Step{name: "end to end", of: []string{".config/jest/e2e.js", "src/e2e"}, check: true,
		run:   jestAgain("e2e"),
		needs: slices.Concat([]string{"chromium", "sqlite3"}, testServers)}
	// PageFigures measures the pages in a browser, and fails where they are slower than promised.
	PageFigures = Step{name: "page figures", of: []string{".config/jest/figures.js", "src/e2e"}, check: true,
		run: jestAgain("figures"), needs: []string{"chromium"}}
)

// Pictures takes the pictures of the pages that the documents show, in a browser that uses them.
var Pictures = Step{name: "pictures", of: []string{".config/jest/e2e.js", "src/e2e", "docs/img"},
	needs: []string{"chromium", "pngquant"}, run: npmRun("screenshots")}

// Steps that lint.
var (
	// GoModules sees that go.mod names what the code needs, and that it is what was published.
	GoModules = Step{name: "Go modules", of: []string{"go.mod"}, check: true, run: checkModules}
	// GoLint runs golangci-lint.
	GoLint = Step{name: "Go lint", of: []string{"pkg"}, needs: cCompiler, check: true, run: lintGo}
	// GoFaults looks for published faults in what the programs call.
	GoFaults = Step{name: "Go faults", of: []string{"go.mod"}, needs: graphics, check: true, run: checkGoFaults}
	// WebTypes checks the types of the pages.
	WebTypes = Step{name: "web types", of: []string{"tsconfig.json", "src"}, check: true, run: npmRun("typecheck")}
	// WebTypesOldest checks the plugin's pages against what the oldest Grafana that they run in gives them.
	WebTypesOldest = Step{name: "web types in Grafana 11.6", of: []string{".config/grafana-11.6", "src"}, check: true,
		run: npmRun("typecheck:oldest")}
	// WebLint runs eslint and prettier.
	WebLint = Step{name: "web lint", of: []string{"eslint.config.mjs", "src"}, check: true, run: npmRun("lint")}
	// WebFaults looks for published faults in what the pages are made of.
	WebFaults = Step{name: "web faults", of: []string{"package-lock.json"}, needs: []string{"npm"}, check: true,
		run: checkWebFaults}
)

// Steps that measure and release.
var (
	// Benchmarks measures the server.
	Benchmarks = Step{name: "benchmarks", of: []string{"pkg"},
		needs: slices.Concat(cCompiler, databases, testServers, []string{"vmauth", "wrk"}),
		run:   bench}
	// DesktopFigures measures the desktop program.
	DesktopFigures = Step{name: "desktop figures", of: []string{"desktop/walk"},
		needs: slices.Concat([]string{"Xvfb", "xdotool"}, graphics),
		run:   measureDesktop}
	// ServerArchives packs the server for every system that it can be built for here.
	ServerArchives = Step{name: "archives", of: []string{"pkg/cmd/ostiary"}, needs: crossCompilers(),
		run: buildArchives}
	// PluginArchive packs the plugin.
	PluginArchive = Step{name: "plugin archive", of: []string{"plugin.json", "pkg/main.go"}, needs: crossCompilers(),
		run: buildPluginArchive}
	// DesktopArchives packs the desktop program.
	DesktopArchives = Step{name: "desktop archive", of: []string{"desktop/main.go"}, needs: graphics,
		run: buildDesktopArchives}
)

// SayHowLong says what a run of all tests takes.
func SayHowLong() {
	say("On two cores the first run takes about half an hour: it compiles everything twice, for the race detector too. Later runs take half of that.")
}

// RunServer gives this process's place to the server, which reads the configuration file of this directory if there is
// one.
func RunServer() error {
	command := []string{serverBinary, "serve"}
	if _, err := os.Stat(configFile); err == nil {
		command = append(command, "--config", configFile)
	}
	say("Starting %s. Ctrl+C stops it.", strings.Join(command, " "))
	return become(command...)
}

// RunDesktop gives this process's place to the desktop program.
func RunDesktop() error {
	say("Opening %s.", desktopBinary)
	return become(desktopBinary)
}
