package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/cli/scan"
	"github.com/ostiary/ostiary/pkg/cli/term"
)

// scanFlags are those of scan alone.
type scanFlags struct {
	git, staged bool
	format      string
}

const formatSARIF = "sarif"

func newScanCommand(a *app) *cobra.Command {
	var f scanFlags
	cmd := offline(&cobra.Command{
		Use:   "scan PATH...",
		Short: "Find keys that lie about in files and in git's history",
		Long: `Finds whole API keys in files, by their form and checksum, and prints
path:line:column and what may be shown of each key. It asks no server: whether
a key still opens anything, "ostiary key get ID" says.

Files of any kind and size are read, also those in UTF-16, which PowerShell
writes, and directories with all below them. Left
out of directories are those named .git, links, and what is no file; archives
are not unpacked. At the end it says how much was read and what was not. "-"
reads stdin. -o json and -o yaml work here too.

With --git, each PATH is a repository, the one here unless given: every version
of every file on any branch, tag or stash is read, and the messages of commits
and tags, and the commit is named with which a key came. --staged reads what
the next commit would add; as a hook it keeps keys out of the history.
--format sarif writes what code hosts show beside the code.

Exit codes: 0 nothing was found, 1 a key was found or something could not be
read, 2 wrong use, such as a PATH that is not there, and no key was found.`,
		Example: `  ostiary scan .
  ostiary scan /etc /var/log -o json
  ostiary scan --git ~/projects/agent
  ostiary scan --git --format sarif > ostiary.sarif
  echo 'exec ostiary scan --staged' > .git/hooks/pre-commit && chmod +x .git/hooks/pre-commit`,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.git || f.staged {
				return nil // the repository here
			}
			return arguments("PATH...")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.scan(cmd.Context(), &f, args) },
	})
	cmd.Flags().BoolVar(&f.git, "git", false, "read the history of repositories")
	cmd.Flags().BoolVar(&f.staged, "staged", false, "read what is staged in repositories for the next commit")
	cmd.Flags().StringVar(&f.format, "format", "", "sarif, for code hosts; other forms are those of -o")
	return cmd
}

func (a *app) scan(ctx context.Context, flags *scanFlags, paths []string) error {
	switch {
	case flags.format != "" && flags.format != formatSARIF:
		return usageError("--format takes sarif, and not %q; for table, json and yaml use -o", flags.format)
	case flags.git && flags.staged:
		return usageError("--git and --staged are both given; leave one out")
	case flags.format != "" && a.flags.output != formatTable:
		return usageError("--format and -o are both given; leave one out")
	case len(paths) == 0:
		paths = []string{"."}
	}
	s := scan.Scanner{Result: scan.Result{Findings: []scan.Finding{}}}
	s.Found = func(scan.Finding) error { return nil }
	if a.flags.output == formatTable && flags.format == "" { // a long search shows what it finds as it goes
		s.Found = func(f scan.Finding) error {
			_, err := fmt.Fprintln(a.out, term.Printable(scanLine(&f)))
			return err
		}
	}
	s.Unreadable = func(err error) { a.say("ostiary: %s", err) }
	for _, path := range paths {
		if err := flags.search(ctx, &s, path, a.in); err != nil {
			return err
		}
	}
	if err := a.showScan(flags, &s.Result); err != nil {
		return err
	}
	of := "file"
	if flags.git || flags.staged {
		of = "object" // git's word for a version of a file, a commit and a tag
	}
	for _, line := range scanSummary(&s.Result, of) {
		a.say("%s", line)
	}
	switch {
	case len(s.Result.Findings) > 0:
		return &failure{exit: exitFailed, hint: scanHint(s.Result.Findings)}
	case s.Missing:
		return silent(exitUsage)
	case s.Result.Unreadable > 0:
		return silent(exitFailed)
	}
	return nil
}

// scanHint says how to end the keys that were found.
func scanHint(findings []scan.Finding) string {
	id, others := findings[0].ID, 0
	seen := map[string]bool{id: true}
	for _, f := range findings {
		if !seen[f.ID] {
			seen[f.ID] = true
			others++
		}
	}
	hint := "end a key that others may have seen: ostiary key revoke " + id + ", or replace it: ostiary key rotate " + id +
		" --overlap 0"
	if others > 0 {
		hint += fmt.Sprintf("; likewise the %s", term.Count(others, "other"))
	}
	return hint
}

// search looks into one path.
func (f *scanFlags) search(ctx context.Context, s *scan.Scanner, path string, stdin io.Reader) error {
	switch {
	case f.git:
		return s.History(ctx, path)
	case f.staged:
		return s.Staged(ctx, path)
	}
	return s.Path(ctx, path, stdin)
}

// showScan prints the result in the forms that are not written as the search goes.
func (a *app) showScan(flags *scanFlags, r *scan.Result) error {
	switch {
	case flags.format == formatSARIF:
		return r.WriteSARIF(a.out, Version)
	case a.flags.output != formatTable:
		return a.show(r, nil)
	}
	return nil
}

func scanLine(f *scan.Finding) string {
	line := fmt.Sprintf("%s:%d:%d: %s", f.Path, f.Line, f.Column, f.Hint)
	if f.Commit != nil {
		line += fmt.Sprintf(" (commit %.12s, %s, %.10s)", f.Commit.ID, f.Commit.Author, f.Commit.Date)
	}
	return line
}

// scanSummary says for people what was found, and how much was looked at.
// Of names what was read.
func scanSummary(r *scan.Result, of string) []string {
	lines := []string{fmt.Sprintf("Found no keys in %s.", term.Count(r.Files, of))}
	if len(r.Findings) > 0 {
		keys, files := map[string]bool{}, map[string]bool{}
		for _, f := range r.Findings {
			keys[f.ID], files[f.Path] = true, true
		}
		lines[0] = fmt.Sprintf("Found %s at %s in %d of %s.", term.Count(len(keys), "key"),
			term.Count(len(r.Findings), "place"), len(files), term.Count(r.Files, of))
	}
	var left []string
	for _, part := range []struct {
		n    int
		what string
	}{{r.Skipped.GitDirectories, ".git directory"}, {r.Skipped.Links, "link"}, {r.Skipped.Special, "special file"}} {
		if part.n > 0 {
			left = append(left, term.Count(part.n, part.what))
		}
	}
	if len(left) > 0 {
		lines = append(lines, "Skipped "+strings.Join(left, ", ")+".")
	}
	if r.Shallow {
		lines = append(lines, "The history here is cut short; get all of it with: git fetch --unshallow")
	}
	if r.Unreadable > 0 {
		lines = append(lines, fmt.Sprintf("Could not read %s, as said above.", term.Count(r.Unreadable, "path")))
	}
	return lines
}
