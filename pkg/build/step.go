package build

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Step is one piece of work that a target is made of.
type Step struct {
	name  string
	of    []string // the files that it works on: without all of them in the tree there is nothing to do
	needs []string // what it needs of the system, keys of debianPackages
	check bool     // it judges and builds nothing: when it fails the later steps still run
	run   func(context.Context) error
}

// Do installs what the steps need of the system and runs them in order. A step that builds stops the rest when it
// fails; a check does not, so that one run shows all that is wrong.
func Do(ctx context.Context, steps ...Step) error {
	// Debian keeps servers such as nginx where an ordinary user's path does not lead.
	if err := os.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin"); err != nil {
		return err
	}
	steps = slices.DeleteFunc(steps, func(s Step) bool { return !s.hasWork() })
	if err := install(ctx, steps); err != nil {
		return err
	}
	return runAll(ctx, os.Stdout, steps)
}

// hasWork reports whether everything is there that the step works on.
func (s Step) hasWork() bool {
	missing := slices.IndexFunc(s.of, func(path string) bool { return !exists(path) })
	if missing >= 0 {
		say("%s: left out, there is no %s", s.name, s.of[missing])
	}
	return missing < 0
}

// outcome is how a step went.
type outcome struct {
	name string
	took time.Duration
	err  error
}

func (o outcome) String() string {
	result := "ok"
	if o.err != nil {
		result = "FAILED"
	}
	return fmt.Sprintf("%s\t%s\t%s", o.name, o.took.Round(100*time.Millisecond), result)
}

// runAll runs the steps, and writes to out which one begins and how each went. Checks are listed again at the end.
func runAll(ctx context.Context, out io.Writer, steps []Step) error {
	began := time.Now()
	var outcomes []outcome
	for i, s := range steps {
		fmt.Fprintf(out, "==> %d of %d: %s\n", i+1, len(steps), s.name)
		start := time.Now()
		o := outcome{name: s.name, err: s.run(ctx)}
		o.took = time.Since(start)
		outcomes = append(outcomes, o)
		if o.err != nil {
			fmt.Fprintf(out, "%s: %v\n", s.name, o.err)
		}
		fmt.Fprintf(out, "<== %s; %s since the start\n", strings.ReplaceAll(o.String(), "\t", " "),
			time.Since(began).Round(time.Second))
		if o.err != nil && (!s.check || ctx.Err() != nil) {
			break
		}
	}
	if slices.ContainsFunc(steps, func(s Step) bool { return s.check }) {
		list(out, outcomes)
	}
	return failures(outcomes)
}

func list(out io.Writer, outcomes []outcome) {
	fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, o := range outcomes {
		fmt.Fprintln(table, o)
	}
	_ = table.Flush()
}

// failures names the steps that failed, in one error.
func failures(outcomes []outcome) error {
	var names []string
	var first error
	for _, o := range outcomes {
		if o.err != nil {
			names, first = append(names, o.name), cmp.Or(first, o.err)
		}
	}
	if first == nil {
		return nil
	}
	return fmt.Errorf("failed: %s", strings.Join(names, ", "))
}
