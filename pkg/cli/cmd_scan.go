package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/cli/scan"
	"github.com/ostiary/ostiary/pkg/cli/term"
)

func newScanCommand(a *app) *cobra.Command {
	return offline(&cobra.Command{
		Use:   "scan PATH...",
		Short: "Find keys that lie about in files",
		Long: `Finds whole API keys in files, by their form and checksum, and prints
path:line:column and what may be shown of each key. It asks no server: whether
a key still opens anything, "ostiary key get ID" says.

Files of any kind and size are read, also those in UTF-16, which PowerShell
writes, and directories with all below them. Left
out of directories are those named .git, links, and what is no file; archives
are not unpacked. At the end it says how much was read and what was not. "-"
reads stdin. -o json and -o yaml work here too.

Exit codes: 0 nothing was found, 1 a key was found or something could not be
read, 2 wrong use, such as a PATH that is not there, and no key was found.`,
		Example: `  ostiary scan .
  git log -p | ostiary scan -
  ostiary scan /etc /var/log -o json`,
		Args: arguments("PATH..."),
		RunE: func(cmd *cobra.Command, args []string) error { return a.scan(cmd.Context(), args) },
	})
}

func (a *app) scan(ctx context.Context, paths []string) error {
	s := scan.Scanner{Result: scan.Result{Findings: []scan.Finding{}}}
	s.Found = func(scan.Finding) error { return nil }
	if a.flags.output == formatTable { // a long search shows what it finds as it goes
		s.Found = func(f scan.Finding) error {
			_, err := fmt.Fprintln(a.out, term.Printable(fmt.Sprintf("%s:%d:%d: %s", f.Path, f.Line, f.Column, f.Hint)))
			return err
		}
	}
	s.Unreadable = func(err error) { a.say("ostiary: %s", err) }
	for _, path := range paths {
		if err := s.Path(ctx, path, a.in); err != nil {
			return err
		}
	}
	if a.flags.output != formatTable {
		if err := a.show(s.Result, nil); err != nil {
			return err
		}
	}
	for _, line := range scanSummary(&s.Result) {
		a.say("%s", line)
	}
	switch {
	case len(s.Result.Findings) > 0:
		id := s.Result.Findings[0].ID
		return &failure{exit: exitFailed, hint: "end a key that others may have seen: ostiary key revoke " + id + ", or replace it: ostiary key rotate " + id + " --overlap 0"}
	case s.Missing:
		return silent(exitUsage)
	case s.Result.Unreadable > 0:
		return silent(exitFailed)
	}
	return nil
}

// scanSummary says for people what was found, and how much was looked at.
func scanSummary(r *scan.Result) []string {
	lines := []string{fmt.Sprintf("Found no keys in %s.", term.Count(r.Files, "file"))}
	if len(r.Findings) > 0 {
		keys, files := map[string]bool{}, map[string]bool{}
		for _, f := range r.Findings {
			keys[f.ID], files[f.Path] = true, true
		}
		lines[0] = fmt.Sprintf("Found %s at %s in %d of %s.", term.Count(len(keys), "key"), term.Count(len(r.Findings), "place"), len(files), term.Count(r.Files, "file"))
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
	if r.Unreadable > 0 {
		lines = append(lines, fmt.Sprintf("Could not read %s, as said above.", term.Count(r.Unreadable, "path")))
	}
	return lines
}
