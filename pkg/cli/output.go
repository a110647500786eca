package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
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
		err = writeJSON(&out, v)
	case formatYAML:
		err = writeYAML(&out, v)
	default:
		text(&out)
	}
	if err != nil {
		return err
	}
	_, err = a.out.Write(out.Bytes())
	return err
}

// showList is show for a list in rows, of which the first has the heads. People are told none if there is nothing in it.
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

func writeJSON(w io.Writer, v any) error {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, escapeUnprintable(out.String()))
	return err
}

// escapeUnprintable writes what steers a terminal, which the encoder leaves in
// strings as it is, in JSON's own way.
func escapeUnprintable(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r != '\n' && steersTerminal(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// writeYAML writes v with the names and the order that it has as JSON, which
// is YAML too.
func writeYAML(w io.Writer, v any) error {
	var asJSON bytes.Buffer
	if err := writeJSON(&asJSON, v); err != nil {
		return err
	}
	var node yaml.Node
	if err := yaml.Unmarshal(asJSON.Bytes(), &node); err != nil {
		return err
	}
	inBlocks(&node)
	enc := yaml.NewEncoder(w)
	enc.SetIndent(2)
	if err := enc.Encode(&node); err != nil {
		return err
	}
	return enc.Close()
}

// inBlocks takes JSON's braces and quotes away; the encoder quotes again what
// would be read as something else.
func inBlocks(node *yaml.Node) {
	node.Style = 0
	for _, child := range node.Content {
		inBlocks(child)
	}
}

// line is a result for people, in one line.
func line(format string, args ...any) func(io.Writer) {
	return func(w io.Writer) { _, _ = io.WriteString(w, printable(fmt.Sprintf(format, args...))+"\n") }
}

// table writes rows in columns, the first row being the heads.
func table(w io.Writer, rows [][]string) { columns(w, rows, "  ") }

// barred is table with bars between the columns.
func barred(w io.Writer, rows [][]string) { columns(w, rows, " | ") }

// columns writes rows, of which some may be shorter. Cells are as wide as a
// terminal shows them, which for letters of East Asia and emoji is twice the width of
// others.
func columns(w io.Writer, rows [][]string, between string) {
	var widths []int
	for _, row := range rows {
		widths = append(widths, make([]int, max(0, len(row)-len(widths)))...)
		for i, cell := range row {
			row[i] = printable(cell)
			widths[i] = max(widths[i], runewidth.StringWidth(row[i]))
		}
	}
	for _, row := range rows {
		for i, cell := range row[:len(row)-1] {
			row[i] = runewidth.FillRight(cell, widths[i])
		}
		_, _ = fmt.Fprintln(w, strings.Join(row, between)) // into a buffer, which takes everything
	}
}

// printable replaces what would move the cursor, colour the terminal or turn
// the direction of the text.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case steersTerminal(r):
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// steersTerminal reports whether a character does more than to be shown.
func steersTerminal(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// orDash shows that there is nothing.
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// orAll shows a restriction that is not there.
func orAll(list []string) string {
	if len(list) == 0 {
		return "all"
	}
	return strings.Join(list, ", ")
}

// count says how many there are of something.
func count(n int, what string) string {
	many := what + "s"
	if stem, ok := strings.CutSuffix(what, "y"); ok && !strings.HasSuffix(what, "ey") {
		many = stem + "ies"
	}
	switch n {
	case 0:
		return "no " + many
	case 1:
		return "1 " + what
	}
	return fmt.Sprintf("%d %s", n, many)
}
