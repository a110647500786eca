package build

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Tests that wait for other programs, a screen or a browser may lose a race that has nothing to do with what they test.
// What failed is run once more, by itself. The output names it, so that the test can be mended; a fault fails twice.

// fewEnough is how many tests or files of them may fail to be run again. With more it is no accident.
const fewEnough = 3

// goTestAgain runs go test, and what failed once more. Where the race detector has found something, it does not.
func goTestAgain(ctx context.Context, env []string, format, packages string, flags ...string) error {
	args := []string{"tool", "-modfile=" + toolsModule, "gotestsum", "--format", format, "--hide-summary", "skipped",
		"--rerun-fails=1", "--rerun-fails-max-failures", strconv.Itoa(fewEnough), "--rerun-fails-abort-on-data-race",
		"--rerun-fails-run-root-test", "--packages", packages, "--", "-trimpath"}
	return sh(ctx, append(env, withC), "go", append(args, flags...)...)
}

// jestAgain runs one of package.json's scripts that is Jest, and the files of tests that failed once more.
func jestAgain(script string) func(context.Context) error {
	return func(ctx context.Context) error {
		dir, err := os.MkdirTemp("", "ostiary-jest-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		results := filepath.Join(dir, "results.json")
		first := sh(ctx, nil, "npm", "run", script, "--", "--json", "--outputFile", results)
		if first == nil || ctx.Err() != nil {
			return first
		}
		files, err := failedFiles(results)
		if err != nil {
			return errors.Join(first, err)
		}
		if len(files) == 0 || len(files) > fewEnough {
			return first
		}
		say("AGAIN: %s", strings.Join(files, ", "))
		return sh(ctx, nil, "npm", append([]string{"run", script, "--", "--runInBand"}, files...)...)
	}
}

// failedFiles names the files of tests that failed, from what Jest has written of its results. Without results there
// are none: Jest itself has failed.
func failedFiles(results string) (files []string, err error) {
	content, err := os.ReadFile(results)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var run struct {
		TestResults []struct {
			Name   string `json:"name"`
			Status string `json:"status"`
		} `json:"testResults"`
	}
	if err := json.Unmarshal(content, &run); err != nil {
		return nil, err
	}
	for _, file := range run.TestResults {
		if file.Status == "failed" {
			files = append(files, file.Name)
		}
	}
	return files, nil
}
