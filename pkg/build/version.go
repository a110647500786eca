package build

import (
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"time"
)

// version is what git makes of the commit: v1.2.0 or v1.2.0-3-gabc1234. Before the first tag it is the commit on the
// way to the version that package.json names, such as v0.1.0-abc1234.
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
