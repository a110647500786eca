package httpapi

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// Foreign reads databases of other systems.
type Foreign interface {
	// Systems are those whose databases are known.
	Systems() []string
	// Read returns the keys in a file, those of an organization if the system has several. The location is where
	// the system's clock is, nil if its database says so. Of more keys than the most, only so many are read of a table.
	// An error that is no apikey.Error may name the file.
	Read(
		ctx context.Context, system, file string, orgID int64, at *time.Location, most int,
	) ([]apikey.ForeignKey, error)
}

// mostImported is how many keys are taken over at once, in one transaction.
const mostImported = 10_000

// importTime is how long an import may take. A database that was made to take for ever ends here.
const importTime = 45 * time.Second

// importQuery is what an import is asked for.
type importQuery struct {
	from    string
	apply   bool
	chosen  apikey.ImportChoice
	numbers []string // of the keys that are meant; empty = all
	at      *time.Location
}

// importKeys takes over keys out of a database that is the request's body, or shows what it would do. The server
// fetches no database from an address: it would reach what its callers cannot.
func (h *handler) importKeys(w http.ResponseWriter, r *http.Request) error {
	q, err := h.readImportQuery(r)
	if err != nil {
		return err
	}
	if h.Foreign == nil {
		return apikey.Errorf(apikey.CodeNotFound, "This server imports no keys; use the command line, ostiary import.")
	}
	if !h.importing.TryLock() {
		return apikey.Errorf(apikey.CodeConflict, "Another import is under way. Try again in a moment.")
	}
	defer h.importing.Unlock()
	ctx, cancel := context.WithTimeout(r.Context(), importTime)
	defer cancel()
	keys, err := h.readForeign(ctx, w, r, q)
	if err != nil {
		return err
	}
	done, err := h.Service.Import(ctx, keys, !q.apply)
	if err != nil {
		return err
	}
	api.Write(w, http.StatusOK, api.FromTakeovers(q.from, done, !q.apply))
	return nil
}

func (h *handler) readImportQuery(r *http.Request) (q importQuery, err error) {
	p, err := readParameters(r)
	if err != nil {
		return q, err
	}
	q.from = p.text("from")
	if h.Foreign != nil && !slices.Contains(h.Foreign.Systems(), q.from) {
		p.wrong.Add("from", "must be one of %s", strings.Join(h.Foreign.Systems(), ", "))
	}
	q.apply = p.flag("apply")
	q.numbers = p.values["number"]
	q.chosen = apikey.ImportChoice{Endpoints: p.values["endpoint"], Owner: p.text("owner"), Labels: p.newLabels(),
		Tenants: p.values["tenant"]}
	p.wrong = append(p.wrong, q.chosen.Tidy()...)
	if zone := p.text("timezone"); zone != "" {
		if q.at, err = time.LoadLocation(zone); err != nil {
			p.wrong.Add("timezone", "is not a time zone; write it like Europe/Berlin or UTC")
		}
	}
	return q, p.wrong.Err()
}

// newLabels reads labels that keys shall have, each as team=sre.
func (p *parameters) newLabels() map[string]string {
	labels := map[string]string{}
	for _, text := range p.values["label"] {
		name, value, given := strings.Cut(text, "=")
		_, twice := labels[name]
		switch {
		case !given:
			p.wrong.Add("label", "%q must be like team=sre", text)
		case twice:
			p.wrong.Add("label", "%q is given twice", name)
		}
		labels[name] = value
	}
	return labels
}

// readForeign reads the keys in the database that is the body. Its file is the server's alone, and gone afterwards.
func (h *handler) readForeign(
	ctx context.Context, w http.ResponseWriter, r *http.Request, q importQuery,
) ([]apikey.ForeignKey, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/octet-stream" {
		return nil, apikey.Errorf(apikey.CodeMediaType,
			"The body must be the other system's database. Send it with the header Content-Type: application/octet-stream.")
	}
	caller, err := apikey.Manager(ctx)
	if err != nil {
		return nil, err
	}
	file, err := os.CreateTemp("", "ostiary-import-*.db") // 0600
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	n, err := io.Copy(file, http.MaxBytesReader(w, r.Body, api.MaxImport))
	err = errors.Join(err, file.Close())
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, apikey.Errorf(apikey.CodeTooLarge,
			"The database is longer than %d MiB; use the command line, ostiary import, on the server.",
			api.MaxImport>>20)
	case err != nil:
		return nil, apikey.Errorf(apikey.CodeInvalid, "The database did not arrive whole.")
	case n == 0:
		return nil, apikey.Errorf(apikey.CodeInvalid, "The body is empty. Send the other system's database.")
	}
	keys, err := h.Foreign.Read(ctx, q.from, file.Name(), caller.OrgID, q.at, mostImported+1)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, apikey.Errorf(apikey.CodeInvalid, "The database takes too long to read.")
	case err != nil:
		why := strings.ReplaceAll(err.Error(), file.Name(), "the database")
		return nil, apikey.Errorf(apikey.CodeInvalid, "The database cannot be used: %s.", apikey.Redact(why))
	case len(keys) > mostImported:
		return nil, apikey.Errorf(apikey.CodeTooLarge,
			"The database has more than %d keys; use the command line, ostiary import, on the server.", mostImported)
	}
	meant := slices.DeleteFunc(keys, func(k apikey.ForeignKey) bool {
		return len(q.numbers) > 0 && !slices.Contains(q.numbers, k.Source)
	})
	for i := range meant {
		meant[i].Chosen = q.chosen
	}
	return meant, nil
}
