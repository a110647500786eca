package term

import (
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"
)

// Table writes rows in columns, the first row being the heads.
func Table(w io.Writer, rows [][]string) { columns(w, rows, "  ") }

// Barred is Table with bars between the columns.
func Barred(w io.Writer, rows [][]string) { columns(w, rows, " | ") }

// Cut shortens a cell that would push the columns behind it off the terminal: what other systems hold may be of any
// length.
func Cut(cell string) string {
	const most = 60 // as wide as a long name of a key
	return runewidth.Truncate(Printable(cell), most, "…")
}

// columns writes rows, of which some may be shorter. Cells are as wide as a
// terminal shows them, which for letters of East Asia and emoji is twice the width of
// others.
func columns(w io.Writer, rows [][]string, between string) {
	var widths []int
	for _, row := range rows {
		widths = append(widths, make([]int, max(0, len(row)-len(widths)))...)
		for i, cell := range row {
			row[i] = Printable(cell)
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
