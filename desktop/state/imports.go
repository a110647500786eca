package state

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/client"
)

// System is one whose keys can be taken over.
type System struct {
	ID   string // as the server calls it
	Name string
	File string // its database, as the system itself calls it
}

// Systems are those whose keys can be taken over.
func Systems() []System {
	return []System{
		{"grafana", "Grafana", "grafana.db"}, {"pyroscope", "Pyroscope", "pyroscope.sqlite3"},
		{"uptime-kuma", "Uptime Kuma", "kuma.db"},
	}
}

// Import is what is asked of a server about the keys of another system.
type Import struct {
	System    string
	Endpoints []string // that the keys shall be limited to
	Owner     string   // who shall answer for them; empty = who made them there, or else who takes them over
	Labels    []string // that they shall have, such as team=sre
	TimeZone  string
	Numbers   []string // of the keys that are meant; empty = all
	database  []byte
}

// ErrTooLarge means that a database is longer than a server takes.
var ErrTooLarge = errors.New("the database is longer than a server takes; use ostiary import there")

// ErrNoDatabase means that something is not what other systems keep their keys in. It is not sent to a server then:
// whoever mistypes a path does not give a file of this computer away.
var ErrNoDatabase = errors.New("it is not an SQLite database")

// fetchTime is how long a database at an address may take to come.
const fetchTime = 2 * time.Minute

// hostTyped is an address that was typed without its scheme: a host with a dot or a port, and what is there.
var hostTyped = regexp.MustCompile(`^([\w-]+(\.[\w-]+)+|[\w.-]+:\d+|\[[0-9a-fA-F:.]+\](:\d+)?|localhost)/`)

// CompleteSource puts the scheme in front of an address of a database, as CompleteAddress does, unless it is a file of
// this computer.
func CompleteSource(typed string) string {
	if _, err := os.Stat(typed); err == nil || strings.Contains(typed, "://") || !hostTyped.MatchString(typed) {
		return typed
	}
	return CompleteAddress(typed)
}

// Take reads the database of the other system: a file of this computer, or an address of http or https, which this
// program asks and not the server.
func (i *Import) Take(ctx context.Context, from string) (err error) {
	i.database = nil
	if strings.HasPrefix(from, "http://") || strings.HasPrefix(from, "https://") {
		i.database, err = fetch(ctx, from)
	} else {
		i.database, err = readDatabase(from)
	}
	return err
}

// Forget lets go of the database, in which there are hashes of tokens.
func (i *Import) Forget() {
	clear(i.database)
	i.database = nil
}

func readDatabase(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return whole(file)
}

// whole reads a database to its end, if it is not too long.
func whole(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, api.MaxImport+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > api.MaxImport:
		return nil, ErrTooLarge
	case !bytes.HasPrefix(data, []byte("SQLite format 3\x00")):
		return nil, ErrNoDatabase
	}
	return data, nil
}

// fetch gets a database from an address.
func fetch(ctx context.Context, from string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, http.NoBody)
	if err != nil || req.URL.Host == "" {
		return nil, &Problem{Kind: KindAddress, Err: errors.New("it is not an address")}
	}
	resp, err := http.DefaultClient.Do(req)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return nil, failed.Err // the address may hold a password
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, &Problem{Kind: KindAddress, Err: fmt.Errorf("%s answers %s", req.URL.Host, resp.Status),
			Detail: req.URL.Host + ": " + resp.Status}
	}
	return whole(resp.Body)
}

// Preview says what would become of the keys, and changes nothing.
func (s *Session) Preview(ctx context.Context, i *Import) (*api.Import, error) {
	return s.client.Import(ctx, i.query(false), i.database)
}

// TakeOver takes keys over.
func (s *Session) TakeOver(ctx context.Context, i *Import) (*api.Import, error) {
	return s.client.Import(ctx, i.query(true), i.database)
}

func (i *Import) query(apply bool) client.ImportQuery {
	return client.ImportQuery{
		From: i.System, Apply: apply, Endpoints: i.Endpoints, Owner: i.Owner, Labels: i.Labels, Numbers: i.Numbers,
		TimeZone: i.TimeZone,
	}
}

// Takeable reports whether a key of another system can be taken over, or was.
func Takeable(k api.ImportedKey) bool { return k.Taken || k.Changed }
