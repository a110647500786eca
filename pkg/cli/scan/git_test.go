package scan

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// repository is one that a test fills.
type repository struct {
	t   *testing.T
	dir string
}

func newRepository(t *testing.T) *repository {
	r := &repository{t, t.TempDir()}
	r.git("init", "-q", "-b", "main")
	return r
}

func (r *repository) git(args ...string) string {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "git", args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.com",
		"GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=ann@example.com", "GIT_AUTHOR_DATE=2026-05-01T10:00:00Z")
	out, err := cmd.CombinedOutput()
	require.NoError(r.t, err, "git %s: %s", strings.Join(args, " "), out)
	return strings.TrimSpace(string(out))
}

func (r *repository) write(path, text string) {
	r.t.Helper()
	path = filepath.Join(r.dir, path)
	require.NoError(r.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(r.t, os.WriteFile(path, []byte(text), 0o644))
}

// commit returns the new commit's id.
func (r *repository) commit(message string) string {
	r.git("add", "-A")
	r.git("commit", "-q", "--allow-empty", "-m", message)
	return r.git("rev-parse", "HEAD")
}

// search returns what a search finds: path, commit and id of each key.
func (r *repository) search(staged bool) (*Scanner, [][3]string) {
	r.t.Helper()
	s := &Scanner{Found: func(Finding) error { return nil }, Unreadable: func(err error) { r.t.Error(err) }}
	search := s.History
	if staged {
		search = s.Staged
	}
	require.NoError(r.t, search(r.t.Context(), r.dir))
	var found [][3]string
	for _, f := range s.Result.Findings {
		commit := ""
		if f.Commit != nil {
			commit = f.Commit.ID
			require.Equal(r.t, "Ann <ann@example.com>", f.Commit.Author)
		}
		found = append(found, [3]string{f.Path, commit, f.ID})
	}
	return s, found
}

func newKey() (token, id string) {
	token, key := apikey.NewToken()
	return token, key.String()
}

// TestHistory finds a key wherever a history can keep one, and what came with it.
func TestHistory(t *testing.T) {
	r := newRepository(t)
	_, found := r.search(false)
	require.Empty(t, found, "no commit yet")

	inFile, fileID := newKey()
	inMessage, messageID := newKey()
	inTag, tagID := newKey()
	onBranch, branchID := newKey()
	inStash, stashID := newKey()
	inMerge, mergeID := newKey()

	r.write("read me.txt", "nothing\n")
	r.commit("begin")
	r.write("conf/ägent\t.yaml", "key: "+inFile+"\n")
	first := r.commit("add the agent")
	r.write("conf/ägent\t.yaml", "key: ${KEY}\n")
	r.commit("take the key out")
	r.write("copy.yaml", "key: "+inFile+"\n") // the same object under another name, later
	r.commit("and put it back")
	r.git("rm", "-q", "copy.yaml")
	message := r.commit("leak " + inMessage)
	r.git("tag", "-a", "-m", "for "+inTag, "v1")
	r.git("checkout", "-q", "-b", "side")
	r.write("side.txt", onBranch)
	branch := r.commit("aside")
	r.git("checkout", "-q", "main")
	r.git("merge", "-q", "--no-ff", "--no-commit", "side")
	r.write("merged.txt", inMerge) // in no parent
	merge := r.commit("merge")
	r.write("read me.txt", inStash)
	r.git("stash")
	stash := r.git("rev-parse", "stash")

	s, found := r.search(false)
	require.ElementsMatch(t, [][3]string{
		{"conf/ägent\t.yaml", first, fileID},
		{"commit " + message, message, messageID},
		{"tag " + r.git("rev-parse", "v1"), r.git("rev-parse", "v1^{}"), tagID},
		{"side.txt", branch, branchID},
		{"merged.txt", merge, mergeID},
		{"read me.txt", stash, stashID},
	}, rename(found, "copy.yaml", "conf/ägent\t.yaml"))
	require.False(t, s.Result.Shallow)
}

// rename lets a test take either name of an object that has two.
func rename(found [][3]string, from, to string) [][3]string {
	for i := range found {
		if found[i][0] == from {
			found[i][0] = to
		}
	}
	return found
}

// TestStaged finds what the next commit would add, as it is staged and not as
// it lies there.
func TestStaged(t *testing.T) {
	r := newRepository(t)
	staged, stagedID := newKey()
	first, firstID := newKey()
	r.write("first.txt", first)
	r.git("add", "-A")
	_, found := r.search(true)
	require.Equal(t, [][3]string{{"first.txt", "", firstID}}, found, "before the first commit")

	r.commit("as if nothing had happened")
	_, found = r.search(true)
	require.Empty(t, found)

	r.write("a b\n:c.txt", "x "+staged)
	r.git("add", "-A")
	r.write("a b\n:c.txt", "nothing any longer")
	r.write("not staged.txt", first)
	r.git("rm", "-q", "--cached", "first.txt")
	_, found = r.search(true)
	require.Equal(t, [][3]string{{"a b\n:c.txt", "", stagedID}}, found)
}

// TestHistoryThatIsShort says so, and what is no repository is an error.
func TestHistoryThatIsShort(t *testing.T) {
	r := newRepository(t)
	token, _ := newKey()
	r.write("a.txt", token)
	r.commit("one")
	r.write("a.txt", "nothing")
	r.commit("two")
	short := &repository{t, filepath.Join(t.TempDir(), "short")}
	r.git("clone", "-q", "--depth=1", "file://"+r.dir, short.dir)
	s, found := short.search(false)
	require.Empty(t, found)
	require.True(t, s.Result.Shallow)

	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "nowhere")} {
		require.ErrorContains(t, s.History(t.Context(), dir), dir)
		require.ErrorContains(t, s.Staged(t.Context(), dir), dir)
	}
}

// TestHistoryIsLong goes through more objects than any pipe holds.
func TestHistoryIsLong(t *testing.T) {
	r := newRepository(t)
	token, id := newKey()
	for i := range 2000 {
		r.write(filepath.Join("a-directory-with-a-rather-long-name", strconv.Itoa(i)+strings.Repeat("-", 100)), token[:60]+strconv.Itoa(i))
	}
	r.write("last.txt", token)
	commit := r.commit("much")
	_, found := r.search(false)
	require.Equal(t, [][3]string{{"last.txt", commit, id}}, found)
}

// TestSARIF holds the report to the letter, as code hosts read it.
func TestSARIF(t *testing.T) {
	token, _ := newKey()
	id := token[4:16]
	commit := &Commit{ID: strings.Repeat("0", 40), Author: "Ann <ann@example.com>", Date: "2026-05-01T10:00:00Z"}
	r := Result{Findings: []Finding{
		{Path: "a b/ä.yaml", Line: 3, Column: 7, ID: id, Hint: apikey.Hint(token), Commit: commit},
		{Path: "/etc/x.conf", Line: 1, Column: 1, ID: id, Hint: apikey.Hint(token)},
	}}
	var out bytes.Buffer
	require.NoError(t, r.WriteSARIF(&out, "1.2.3"))
	require.NotContains(t, out.String(), token)
	var log map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &log))
	require.Equal(t, "2.1.0", log["version"])
	run := log["runs"].([]any)[0].(map[string]any)
	driver := run["tool"].(map[string]any)["driver"].(map[string]any)
	require.Equal(t, "1.2.3", driver["semanticVersion"])
	require.Equal(t, sarifRule, driver["rules"].([]any)[0].(map[string]any)["id"])

	at := func(uri string, line float64) []any {
		return []any{map[string]any{"physicalLocation": map[string]any{
			"artifactLocation": map[string]any{"uri": uri}, "region": map[string]any{"startLine": line},
		}}}
	}
	results := run["results"].([]any)
	first, second := results[0].(map[string]any), results[1].(map[string]any)
	require.Equal(t, sarifRule, first["ruleId"])
	require.Equal(t, at("a%20b/%C3%A4.yaml", 3), first["locations"])
	require.Equal(t, at("file:///etc/x.conf", 1), second["locations"])
	require.Contains(t, first["message"].(map[string]any)["text"], commit.ID)
	require.NotEqual(t, first["partialFingerprints"], second["partialFingerprints"])

	out.Reset()
	require.NoError(t, (&Result{}).WriteSARIF(&out, ""))
	require.Contains(t, out.String(), `"results": []`, "nothing found is an empty list, and not none")
}
