package scan

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// Commit is where a finding came into a repository.
type Commit struct {
	ID     string `json:"id"`
	Author string `json:"author"` // name and address
	Date   string `json:"date"`   // RFC 3339
}

// object is a piece of a repository's content, and where it belongs.
type object struct{ id, path string }

// History scans all that a repository keeps on its branches, tags and stashes:
// every version of every file once, and the messages of commits and tags. The
// error says that git is missing or cannot read the repository; it is that of
// Found as well.
func (s *Scanner) History(ctx context.Context, repository string) error {
	g := git{dir: repository}
	if err := g.check(ctx); err != nil {
		return err
	}
	shallow, err := g.output(ctx, "rev-parse", "--is-shallow-repository")
	if err != nil {
		return err
	}
	s.Result.Shallow = s.Result.Shallow || strings.TrimSpace(string(shallow)) == "true"
	list := g.command(ctx, "rev-list", "--objects", "--all")
	return s.objects(ctx, &g, list, func(line string) (object, bool) {
		id, path, _ := strings.Cut(line, " ")
		return object{id, path}, true
	}, '\n')
}

// Staged scans what the next commit of a repository adds or changes.
func (s *Scanner) Staged(ctx context.Context, repository string) error {
	g := git{dir: repository}
	if err := g.check(ctx); err != nil {
		return err
	}
	list := g.command(ctx, "diff", "--cached", "--raw", "--no-abbrev", "--no-renames", "--diff-filter=d", "-z")
	var id string
	return s.objects(ctx, &g, list, func(field string) (object, bool) {
		// :<mode> <mode> <id> <id> <status>, and then the path.
		if before, isEntry := strings.CutPrefix(field, ":"); isEntry && id == "" {
			parts := strings.Fields(before)
			if len(parts) == 5 {
				id = parts[3]
			}
			return object{}, false
		}
		o := object{id, field}
		id = ""
		return o, o.id != ""
	}, 0)
}

// objects scans the objects that a command of git lists. Parse reads a part of
// the list, up to a separator.
func (s *Scanner) objects(
	ctx context.Context, g *git, list *exec.Cmd, parse func(string) (object, bool), separator byte,
) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	listed, err := list.StdoutPipe()
	if err != nil {
		return err
	}
	contents := g.command(ctx, "cat-file", "--batch")
	wanted, err := contents.StdinPipe()
	if err != nil {
		return err
	}
	out, err := contents.StdoutPipe()
	if err != nil {
		return err
	}
	if err := errors.Join(list.Start(), contents.Start()); err != nil {
		return err
	}

	objects := make(chan object, 1024) // asked for and not answered yet
	go func() {
		defer close(objects)
		defer wanted.Close()
		in := bufio.NewReader(listed)
		for {
			line, err := in.ReadString(separator)
			if o, ok := parse(strings.TrimSuffix(line, string(separator))); ok && line != "" {
				select {
				case objects <- o:
				case <-ctx.Done():
					return
				}
				if _, err := fmt.Fprintln(wanted, o.id); err != nil {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	err = s.contents(ctx, g, objects, bufio.NewReaderSize(out, scanBuffer))
	if err != nil {
		cancel()
		for range objects { // let go of who asks
		}
		_, _ = list.Wait(), contents.Wait() // which were ended
		return err
	}
	return errors.Join(g.done(list), g.done(contents))
}

// contents reads what git answers about each object, in turn.
func (s *Scanner) contents(ctx context.Context, g *git, objects <-chan object, in *bufio.Reader) error {
	for o := range objects {
		head, err := in.ReadString('\n')
		if err != nil {
			return fmt.Errorf("git ended before it had given %s", o.id)
		}
		fields := strings.Fields(head)
		if len(fields) != 3 { // such as "<id> missing", of a partial clone
			s.pass(fmt.Errorf("%s: the repository lacks the object %s", g.dir, o.id))
			continue
		}
		size, err := strconv.ParseInt(fields[2], 10, 64)
		if err != nil {
			return fmt.Errorf("git answered %q", head)
		}
		body := io.LimitReader(in, size)
		if kind := fields[1]; kind != "tree" { // which holds names alone
			if err := s.object(ctx, g, o, kind, body); err != nil {
				return err
			}
		}
		if _, err := io.Copy(io.Discard, body); err != nil {
			return err
		}
		if _, err := in.Discard(1); err != nil { // a line feed
			return err
		}
	}
	return ctx.Err()
}

// object scans one object. Where it came into the history is asked for only if
// there is something to report.
func (s *Scanner) object(ctx context.Context, g *git, o object, kind string, body io.Reader) error {
	path := o.path
	if kind != "blob" {
		path = kind + " " + o.id
	}
	var commit *Commit
	return s.scan(ctx, body, path, func(f *Finding) error {
		if commit == nil {
			var err error
			if commit, err = g.origin(ctx, o.id, kind); err != nil {
				return err
			}
		}
		if commit.ID != "" {
			f.Commit = commit
		}
		return nil
	})
}

// git runs git in a directory.
type git struct{ dir string }

func (g *git) command(ctx context.Context, args ...string) *exec.Cmd {
	// What a repository configures runs no program here, and nothing is fetched.
	own := []string{"-C", g.dir, "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false"}
	cmd := exec.CommandContext(ctx, "git", append(own, args...)...) //nolint:gosec // G204: our own words, and a directory
	cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "LC_ALL=C")
	cmd.Stderr = &bytes.Buffer{}
	return cmd
}

func (g *git) output(ctx context.Context, args ...string) ([]byte, error) {
	cmd := g.command(ctx, args...)
	out, err := cmd.Output()
	return out, g.explain(cmd, err)
}

// done waits for the end of a command that was started.
func (g *git) done(cmd *exec.Cmd) error { return g.explain(cmd, cmd.Wait()) }

// explain adds what git said to the failure of a command.
func (g *git) explain(cmd *exec.Cmd, err error) error {
	if err == nil {
		return nil
	}
	said, _ := cmd.Stderr.(*bytes.Buffer)
	first, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
	if first == "" {
		return fmt.Errorf("git: %w", err)
	}
	return fmt.Errorf("git: %s", strings.TrimPrefix(first, "fatal: "))
}

// check says why a history cannot be read.
func (g *git) check(ctx context.Context) error {
	if _, err := exec.LookPath("git"); err != nil {
		return errors.New("git is not installed, and histories are read with it; install it, or scan files without --git")
	}
	if _, err := g.output(ctx, "rev-parse", "--git-dir"); err != nil {
		return fmt.Errorf("%s: %w", g.dir, err)
	}
	return nil
}

// origin finds the first commit that holds an object; its ID is empty if none
// does, as for what is only staged.
func (g *git) origin(ctx context.Context, id, kind string) (*Commit, error) {
	const format = "--format=%H%x00%an <%ae>%x00%aI"
	args := []string{"log", format, "--no-walk", id}
	switch kind {
	case "tag":
		args = []string{"log", format, "--no-walk", id + "^{}"}
	case "blob":
		args = []string{"log", format, "--all", "-m", "--no-renames", "--find-object=" + id}
	}
	out, err := g.output(ctx, args...)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	parts := strings.Split(lines[len(lines)-1], "\x00")
	if len(parts) != 3 {
		return &Commit{}, nil
	}
	return &Commit{ID: parts[0], Author: parts[1], Date: parts[2]}, nil
}
