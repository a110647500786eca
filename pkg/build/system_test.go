package build

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// all are the steps of every target.
var all = []Step{
	WebModules, Console, Server, DesktopProgram, PluginPages, PluginBackend, StandIn,
	GoTests, AllocationTests, ArchiveTests, DesktopTests, DesktopWalk, WebTests, EndToEndTests, PageFigures,
	GoModules, GoLint, GoFaults, WebTypes, WebTypesOldest, WebLint, WebFaults,
	Benchmarks, DesktopFigures, ServerArchives, PluginArchive, DesktopArchives,
}

// Each step works on files of this tree, and what it needs of the system is in a package that Debian has.
func TestTheStepsNameWhatThereIs(t *testing.T) {
	t.Chdir("../..")
	for _, s := range all {
		require.True(t, s.hasWork(), s.name)
		require.NotNil(t, s.run, s.name)
		for _, need := range s.needs {
			require.NotEmpty(t, debianPackages[need], "%s: %s", s.name, need)
		}
	}
}

// Packages are named once, even if several steps need them, and only those that are missing.
func TestMissingPackages(t *testing.T) {
	steps := []Step{
		{needs: []string{"/no/such/header.h", "no-such-command", "go"}},
		{needs: []string{"no-such-command", "also-missing"}},
	}
	for need, name := range map[string]string{"/no/such/header.h": "libnone-dev", "no-such-command": "none", "also-missing": "none", "go": "golang"} {
		debianPackages[need] = name
		t.Cleanup(func() { delete(debianPackages, need) })
	}
	want := []string{"libnone-dev", "none"}
	if here.os != "linux" { // where headers are elsewhere
		want = []string{"none"}
	}
	require.Equal(t, want, missing(steps))
}

func TestCommandsAreShownAsTheyAreTyped(t *testing.T) {
	require.Equal(t, "go test -run 'A B' '$HOME'", shown([]string{"go", "test", "-run", "A B", "$HOME"}))
}
