package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// finding is a place in a file that holds a key, without its secret.
type finding struct {
	Path   string `json:"path"`
	Line   int    `json:"line"`
	Column int    `json:"column"` // from 1, in bytes; in UTF-16, in its units
	ID     string `json:"id"`
	Hint   string `json:"hint"`
}

// scanResult is what -o json and -o yaml give.
type scanResult struct {
	Findings   []finding `json:"findings"`
	Files      int       `json:"files"` // that were read to their end, or as far as a key
	Unreadable int       `json:"unreadable"`
	Skipped    skipped   `json:"skipped"`
}

// skipped counts what is left out of directories.
type skipped struct {
	GitDirectories int `json:"gitDirectories"`
	Links          int `json:"links"`
	Special        int `json:"special"` // pipes, sockets and devices
}

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
	s := scanner{ctx: ctx, result: scanResult{Findings: []finding{}}}
	s.found = func(finding) error { return nil }
	if a.flags.output == formatTable { // a long search shows what it finds as it goes
		s.found = func(f finding) error {
			_, err := fmt.Fprintln(a.out, printable(fmt.Sprintf("%s:%d:%d: %s", f.Path, f.Line, f.Column, f.Hint)))
			return err
		}
	}
	s.unreadable = func(err error) { a.say("ostiary: %s", err) }
	for _, path := range paths {
		if err := s.path(path, a.in); err != nil {
			return err
		}
	}
	if a.flags.output != formatTable {
		if err := a.show(s.result, nil); err != nil {
			return err
		}
	}
	for _, line := range s.result.summary() {
		a.say("%s", line)
	}
	switch {
	case len(s.result.Findings) > 0:
		id := s.result.Findings[0].ID
		return &failure{exit: exitFailed, hint: "end a key that others may have seen: ostiary key revoke " + id + ", or replace it: ostiary key rotate " + id + " --overlap 0"}
	case s.missing:
		return silent(exitUsage)
	case s.result.Unreadable > 0:
		return silent(exitFailed)
	}
	return nil
}

// summary says for people what was found, and how much was looked at.
func (r *scanResult) summary() []string {
	lines := []string{fmt.Sprintf("Found no keys in %s.", count(r.Files, "file"))}
	if len(r.Findings) > 0 {
		keys, files := map[string]bool{}, map[string]bool{}
		for _, f := range r.Findings {
			keys[f.ID], files[f.Path] = true, true
		}
		lines[0] = fmt.Sprintf("Found %s at %s in %d of %s.", count(len(keys), "key"), count(len(r.Findings), "place"), len(files), count(r.Files, "file"))
	}
	var left []string
	for _, part := range []struct {
		n    int
		what string
	}{{r.Skipped.GitDirectories, ".git directory"}, {r.Skipped.Links, "link"}, {r.Skipped.Special, "special file"}} {
		if part.n > 0 {
			left = append(left, count(part.n, part.what))
		}
	}
	if len(left) > 0 {
		lines = append(lines, "Skipped "+strings.Join(left, ", ")+".")
	}
	if r.Unreadable > 0 {
		lines = append(lines, fmt.Sprintf("Could not read %s, as said above.", count(r.Unreadable, "path")))
	}
	return lines
}
