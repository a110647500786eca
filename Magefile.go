//go:build mage

// Ostiary: keys for machines. These are the project's commands; start with `go tool mage run`.
package main

import (
	"context"

	"github.com/magefile/mage/mg"

	"github.com/ostiary/ostiary/pkg/build"
)

// Run builds what is missing and serves the console, the API and the gate from here, with its store in ./data.
func Run(ctx context.Context) error {
	if err := build.Do(ctx, build.WebModules, build.Console, build.Server); err != nil {
		return err
	}
	return build.RunServer()
}

// Test installs what the tests lack and runs all of them: Go with the race detector, web, desktop, end to end.
func Test(ctx context.Context) error {
	build.SayHowLong()
	return build.Do(ctx,
		build.WebModules, build.Console, build.Server, build.PluginPages, build.PluginBackend,
		build.GoTests, build.AllocationTests, build.ArchiveTests, build.WebTests,
		build.DesktopTests, build.DesktopProgram, build.DesktopWalk,
		build.StandIn, build.EndToEndTests, build.PageFigures)
}

// Build makes all programs in bin/ and the Grafana plugin in dist/.
func Build(ctx context.Context) error {
	return build.Do(ctx,
		build.WebModules, build.Console, build.Server, build.DesktopProgram, build.PluginPages, build.PluginBackend)
}

// Desktop builds the desktop program and opens it.
func Desktop(ctx context.Context) error {
	if err := build.Do(ctx, build.DesktopProgram); err != nil {
		return err
	}
	return build.RunDesktop()
}

// Dist writes the release archives of the server, the Grafana plugin and the desktop program to build/, with their
// checksums.
func Dist(ctx context.Context) error {
	return build.Do(ctx,
		build.WebModules, build.Console, build.Server, build.ServerArchives,
		build.PluginPages, build.PluginArchive, build.DesktopArchives)
}

// Bench measures how fast keys are checked and changed, and what the desktop program takes, and prints the figures.
func Bench(ctx context.Context) error {
	return build.Do(ctx, build.Benchmarks, build.DesktopProgram, build.DesktopFigures)
}

// Lint runs the linters: golangci-lint with gofmt, go vet and the arrows between the rooms, and the web's own. It looks
// at the modules, and for published faults in them.
func Lint(ctx context.Context) error {
	return build.Do(ctx, build.GoModules, build.GoLint, build.GoFaults,
		build.WebModules, build.WebTypes, build.WebTypesOldest, build.WebLint, build.WebFaults)
}

// Pictures takes the pictures of the pages for README and docs anew.
func Pictures(ctx context.Context) error {
	return build.Do(ctx, build.WebModules, build.Console, build.Server, build.Pictures)
}

// Check holds the parts of `test`, to run one of them alone.
type Check mg.Namespace

// Go runs the Go tests with the race detector.
func (Check) Go(ctx context.Context) error {
	return build.Do(ctx, build.GoTests, build.AllocationTests)
}

// Web runs the tests of the pages.
func (Check) Web(ctx context.Context) error { return build.Do(ctx, build.WebModules, build.WebTests) }

// Desktop runs the tests of the desktop program: those that need no display, and the walk on a virtual one.
func (Check) Desktop(ctx context.Context) error {
	return build.Do(ctx, build.DesktopTests, build.DesktopProgram, build.DesktopWalk)
}

// E2e runs the tests that drive the console in a browser.
func (Check) E2e(ctx context.Context) error {
	return build.Do(ctx,
		build.WebModules, build.Console, build.Server, build.PluginPages, build.PluginBackend,
		build.StandIn, build.EndToEndTests, build.PageFigures)
}
