package cli

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/cli/term"
)

// The formats of -o.
const (
	formatTable = "table"
	formatJSON  = "json"
	formatYAML  = "yaml"
	formatToken = "token"
)

// checkOutput fails if -o names a format that the command does not have.
func (a *app) checkOutput(cmd *cobra.Command) error {
	formats := []string{formatTable, formatJSON, formatYAML, formatToken}
	switch {
	case !slices.Contains(formats, a.flags.output):
		return usageError("-o %s is not a format; use %s", a.flags.output, strings.Join(formats, ", "))
	case a.flags.output == formatToken && cmd.Annotations[takesToken] == "":
		return usageError("-o token is for commands that make a key; use table, json or yaml here")
	}
	return nil
}

// show writes a result to stdout: v as the API gave it, or what text writes
// for people.
func (a *app) show(v any, text func(w io.Writer)) error {
	var out bytes.Buffer
	var err error
	switch a.flags.output {
	case formatJSON:
		err = term.JSON(&out, v)
	case formatYAML:
		err = term.YAML(&out, v)
	default:
		text(&out)
	}
	if err != nil {
		return err
	}
	_, err = a.out.Write(out.Bytes())
	return err
}

// showList is show for a list in rows, of which the first has the heads. For people, an empty list is the message none.
func (a *app) showList(v any, rows [][]string, write func(io.Writer, [][]string), none string) error {
	err := a.show(v, func(w io.Writer) { write(w, rows) })
	if err == nil && len(rows) == 1 && a.flags.output == formatTable {
		a.say("%s", none)
	}
	return err
}

// showDone is show for a change to which the API's answer is empty.
func (a *app) showDone(text func(w io.Writer)) error {
	if a.flags.output != formatTable {
		return nil
	}
	return a.show(nil, text)
}
