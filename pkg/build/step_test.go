package build

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// A check that fails lets the others run, and a step that builds does not. Each part says how it went when it ends.
func TestStepsRunInOrder(t *testing.T) {
	var ran []string
	does := func(name string, check bool, err error) Step {
		return Step{name: name, check: check, run: func(context.Context) error { ran = append(ran, name); return err }}
	}
	var out bytes.Buffer
	err := runAll(t.Context(), &out, []Step{
		does("pages", false, nil), does("Go tests", true, errors.New("go: exit status 1")), does("web tests", true, nil),
		does("server", false, errors.New("it does not compile")), does("end to end", true, nil),
	})
	require.EqualError(t, err, "failed: Go tests, server")
	require.Equal(t, []string{"pages", "Go tests", "web tests", "server"}, ran)
	require.Equal(t, `==> 1 of 5: pages
<== pages TIME ok; TIME since the start
==> 2 of 5: Go tests
Go tests: go: exit status 1
<== Go tests TIME FAILED; TIME since the start
==> 3 of 5: web tests
<== web tests TIME ok; TIME since the start
==> 4 of 5: server
server: it does not compile
<== server TIME FAILED; TIME since the start

pages      TIME  ok
Go tests   TIME  FAILED
web tests  TIME  ok
server     TIME  FAILED
`, regexp.MustCompile(`\b[0-9.]+m?s\b`).ReplaceAllString(out.String(), "TIME"))
}

// When the target is stopped, no further check begins.
func TestAStoppedTargetBeginsNothing(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stopped := Step{name: "stopped", check: true, run: func(context.Context) error { stop(); return context.Canceled }}
	next := Step{name: "next", check: true, run: func(context.Context) error { t.Error("it began"); return nil }}
	require.EqualError(t, runAll(ctx, new(bytes.Buffer), []Step{stopped, next}), "failed: stopped")
}

// What is not in the tree is not worked on.
func TestAStepWithoutItsFilesIsLeftOut(t *testing.T) {
	t.Chdir(t.TempDir())
	require.False(t, Step{name: "docs", of: []string{"docs"}}.hasWork())
	require.True(t, Step{name: "all", of: []string{"."}}.hasWork())
}
