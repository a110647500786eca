package state

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/secretfile"
)

// ExportFormat is a form in which keys are written to a file. It is the ending of that as well.
type ExportFormat string

// The forms.
const (
	ExportCSV  ExportFormat = "csv"
	ExportJSON ExportFormat = "json"
)

// ExportFile proposes a file in the home directory for keys.
func ExportFile(f ExportFormat) string { return proposed("ostiary-keys." + string(f)) }

// Matching goes through all keys of a query, asking for a page when it is needed.
func (s *Session) Matching(ctx context.Context, q Query) iter.Seq2[api.Key, error] {
	return s.client.AllKeys(ctx, q.page("", pageSize, false))
}

// Export writes keys, which have no tokens, to a new file that only its owner can read, as the console does. It
// calls progress with how many there are so far. An error of the keys leaves no file.
func Export(path string, f ExportFormat, keys iter.Seq2[api.Key, error], progress func(keys int)) error {
	var text bytes.Buffer
	write := writeCSV
	if f == ExportJSON {
		write = writeJSON
	}
	if err := write(&text, counted(keys, progress)); err != nil {
		return err
	}
	return secretfile.Create(path, text.Bytes())
}

// counted calls progress after each page of keys, and after the last.
func counted(keys iter.Seq2[api.Key, error], progress func(int)) iter.Seq2[api.Key, error] {
	return func(yield func(api.Key, error) bool) {
		n := 0
		for k, err := range keys {
			if !yield(k, err) {
				return
			}
			n++
			if n%pageSize == 0 {
				progress(n)
			}
		}
		progress(n)
	}
}

// exportColumns are those of the console's file, in its order.
var exportColumns = []struct {
	name  string
	value func(api.Key) string
}{
	{"id", func(k api.Key) string { return k.ID }},
	{"name", func(k api.Key) string { return k.Name }},
	{"description", func(k api.Key) string { return k.Description }},
	{"owner", func(k api.Key) string { return k.Owner }},
	{"labels", func(k api.Key) string { return listed(apikey.LabelTexts(k.Labels)) }},
	{"role", func(k api.Key) string { return k.Role.String() }},
	{"pool", func(k api.Key) string { return k.Pool }},
	{"state", func(k api.Key) string { return string(k.State) }},
	{"disabledUntil", func(k api.Key) string { return moment(k.DisabledUntil) }},
	{"endpoints", func(k api.Key) string { return listed(k.Endpoints) }},
	{"tenants", func(k api.Key) string { return listed(k.Tenants) }},
	{"allowedCidrs", func(k api.Key) string { return listed(k.AllowedCIDRs) }},
	{"limits", func(k api.Key) string { return strings.ReplaceAll(k.Limits.String(), ",", ", ") }},
	{"createdAt", func(k api.Key) string { return moment(&k.CreatedAt) }},
	{"createdBy", func(k api.Key) string { return k.CreatedBy }},
	{"expiresAt", func(k api.Key) string { return moment(k.ExpiresAt) }},
	{"revokedAt", func(k api.Key) string { return moment(k.RevokedAt) }},
	{"lastUsedAt", func(k api.Key) string { return moment(k.LastUsedAt) }},
	{"lastUsedFrom", func(k api.Key) string { return k.LastUsedFrom }},
	{"useCount", func(k api.Key) string { return strconv.FormatInt(k.UseCount, 10) }},
}

// listed writes a list into one field, as the forms and the command line take it too.
func listed(texts []string) string { return strings.Join(texts, ", ") }

// moment writes a time as the API does; nil is empty.
func moment(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.Format(time.RFC3339Nano)
}

// mark tells Excel that a text is UTF-8.
const mark = "\ufeff"

// writeCSV writes keys as RFC 4180 has it, a line for each below the names of the columns.
func writeCSV(to io.Writer, keys iter.Seq2[api.Key, error]) error {
	if _, err := io.WriteString(to, mark); err != nil {
		return err
	}
	w := csv.NewWriter(to)
	w.UseCRLF = true
	line := make([]string, len(exportColumns))
	for i, c := range exportColumns {
		line[i] = c.name
	}
	if err := w.Write(line); err != nil {
		return err
	}
	for k, err := range keys {
		if err != nil {
			return err
		}
		for i, c := range exportColumns {
			line[i] = harmless(c.value(k))
		}
		if err := w.Write(line); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// harmless is a field that no spreadsheet takes for a formula.
func harmless(field string) string {
	if field != "" && strings.ContainsRune("=+-@\t\r", rune(field[0])) {
		return "'" + field
	}
	return field
}

// exported is a key as the API gives it, but for what only the caller may do.
type exported struct {
	api.Key
	Actions []string `json:"actions,omitempty"` // hides those of Key
}

// writeJSON writes keys as a list.
func writeJSON(to io.Writer, keys iter.Seq2[api.Key, error]) error {
	list := []exported{}
	for k, err := range keys {
		if err != nil {
			return err
		}
		list = append(list, exported{Key: k})
	}
	w := json.NewEncoder(to)
	w.SetEscapeHTML(false)
	w.SetIndent("", "  ")
	return w.Encode(list)
}
