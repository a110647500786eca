package build

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// The linters are in a module of their own, so that what they need stays out of the programs'.
const toolsModule = ".config/tools/go.mod"

// checkModules sees that go.mod and go.sum name what the code needs and nothing else, and that the modules that were
// fetched are as they were published.
func checkModules(ctx context.Context) error {
	return errors.Join(
		sh(ctx, nil, "go", "mod", "tidy", "-diff"),
		sh(ctx, nil, "go", "mod", "verify"),
	)
}

func lintGo(ctx context.Context) error {
	say("golangci-lint is built from source the first time, which takes two to three minutes.")
	// With the paths as releases have them, what is compiled for the linters serves those too.
	env := []string{"GOFLAGS=" + strings.TrimSpace(os.Getenv("GOFLAGS")+" -trimpath")}
	return sh(ctx, env, "go", "tool", "-modfile="+toolsModule, "golangci-lint", "run", "./...")
}

// goFaultsVariable names a copy of Go's database of faults, such as file:///srv/vulndb.
const goFaultsVariable = "GOVULNDB"

// checkGoFaults looks for published faults in what the programs call. Without the database nothing can be said, and it
// says so.
func checkGoFaults(ctx context.Context) error {
	database := cmp.Or(os.Getenv(goFaultsVariable), "https://vuln.go.dev")
	if err := atHand(ctx, database); err != nil {
		say("NOT CHECKED: the database of faults in Go modules is not at hand (%v). %s names a copy.", err,
			goFaultsVariable)
		return nil
	}
	return sh(ctx, []string{withC}, "go", "tool", "-modfile="+toolsModule, "govulncheck",
		"-db", database, "-tags", "ci,"+releaseTags, "./...")
}

// atHand returns why a database of faults in Go modules cannot be read.
func atHand(ctx context.Context, database string) error {
	address, err := url.Parse(database)
	if err != nil {
		return err
	}
	address = address.JoinPath("index", "db.json")
	if address.Scheme == "file" {
		_, err := os.Stat(filepath.FromSlash(address.Path))
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), http.NoBody)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", address, res.Status)
	}
	return nil
}

// checkWebFaults looks for published faults in what the pages are made of. The npm registry has the database; where it
// does not answer, nothing can be said, and it says so.
func checkWebFaults(ctx context.Context) error {
	// It fails if there are faults, too.
	report, err := exec.CommandContext(ctx, "npm", "audit", "--omit=dev", "--json").Output()
	faults, ok := countFaults(report)
	switch {
	case !ok && ctx.Err() != nil:
		return ctx.Err()
	case !ok:
		say("NOT CHECKED: the npm registry has no database of faults at hand (npm audit: %v).", err)
		return nil
	case faults == 0:
		say("No faults are known in the packages that the pages are made of.")
		return nil
	}
	return cmp.Or(sh(ctx, nil, "npm", "audit", "--omit=dev"), fmt.Errorf("npm audit: %d faults", faults))
}

// countFaults reads a report of npm audit. It is not ok where npm could not ask for one.
func countFaults(report []byte) (faults int, ok bool) {
	var about struct {
		AuditReportVersion int
		Metadata           struct{ Vulnerabilities struct{ Total int } }
	}
	if err := json.Unmarshal(report, &about); err != nil || about.AuditReportVersion == 0 {
		return 0, false
	}
	return about.Metadata.Vulnerabilities.Total, true
}
