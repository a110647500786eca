package httpapi

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// readID returns the key's id from the path. The store is not asked about
// what cannot be one.
func readID(r *http.Request) (string, error) {
	id := r.PathValue("id")
	return id, api.CheckID(id)
}

// readTarget returns the key's id, and whether a change is forced.
func readTarget(r *http.Request) (id string, force bool, err error) {
	if id, err = readID(r); err != nil {
		return "", false, err
	}
	force, err = readFlag(r, "force")
	return id, force, err
}

// readFlag returns a parameter that is true or false.
func readFlag(r *http.Request, name string) (on bool, err error) {
	p, err := readParameters(r)
	if err != nil {
		return false, err
	}
	on = p.flag(name)
	return on, p.wrong.Err()
}

// readDays returns over how many days usage is asked for.
func readDays(r *http.Request) (days int, err error) {
	p, err := readParameters(r)
	if err != nil {
		return 0, err
	}
	days = p.number("days", apikey.DefaultUsageDays, apikey.UsageRetention)
	return days, p.wrong.Err()
}

func readKeyQuery(r *http.Request) (q apikey.Query, count bool, err error) {
	p, err := readParameters(r)
	if err != nil {
		return q, false, err
	}
	p.readFilters(&q)
	p.readSearch(&q)
	sort, descending := strings.CutPrefix(p.text("sort"), "-")
	q.Sort, q.Descending = apikey.SortName, descending
	if sort != "" || descending {
		q.Sort, err = apikey.ParseSort(sort)
		p.wrong.AddError("sort", err)
	}
	if c := p.cursor(order(q)); c != nil {
		q.After = &apikey.Position{Name: c.Name, Time: c.Time, Number: c.Number}
	}
	q.Limit = p.limit()
	count = p.flag("count")
	return q, count, p.wrong.Err()
}

func readAuditQuery(r *http.Request) (q apikey.AuditQuery, err error) {
	p, err := readParameters(r)
	if err != nil {
		return q, err
	}
	if q.KeyID = p.text("keyId"); q.KeyID != "" && api.CheckID(q.KeyID) != nil {
		p.wrong.Add("keyId", "is not the id of a key; an id has 12 letters and digits")
	}
	if s := p.text("action"); s != "" {
		q.Action, err = apikey.ParseAction(s)
		p.wrong.AddError("action", err)
	}
	q.Actor = p.searchText("actor")
	q.Since = p.since()
	q.Search = apikey.Searched(p.searchText("q"))
	if c := p.cursor(auditOrder); c != nil {
		q.Before = c.Number
	}
	q.Limit = p.limit()
	return q, p.wrong.Err()
}

// anyParameter is for routes that take parameters which nobody reads.
const anyParameter = "*"

// checkParameters refuses parameters that a route does not take: a filter that is misspelt would let all keys through.
func checkParameters(r *http.Request, takes []string) error {
	if r.URL.RawQuery == "" || slices.Contains(takes, anyParameter) {
		return nil
	}
	p, err := readParameters(r)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		switch {
		case slices.Contains(takes, name):
		case len(takes) == 0:
			p.wrong.Add(clipName(name), "is not a parameter of this route; it takes none")
		default:
			p.wrong.Add(clipName(name), "is not a parameter of this route; it takes %s", strings.Join(takes, ", "))
		}
	}
	const most = 20 // a query of mistakes needs no answer as long
	return p.wrong[:min(most, len(p.wrong))].Err()
}

// clipName shortens a name that the caller made up.
func clipName(name string) string {
	const most = 80
	if r := []rune(strings.ToValidUTF8(name, "\uFFFD")); len(r) > most {
		return string(r[:most]) + "…"
	}
	return strings.ToValidUTF8(name, "\uFFFD")
}

// parameters are those of a query, with what is wrong with them.
type parameters struct {
	values url.Values
	wrong  apikey.Mistakes
}

func readParameters(r *http.Request) (*parameters, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, apikey.Errorf(apikey.CodeInvalid,
			"The part of the address behind the ? cannot be read. Escape special characters with a percent sign.")
	}
	return &parameters{values: values}, nil
}

// text returns a parameter; an empty one is like one that was left out.
func (p *parameters) text(name string) string {
	values := p.values[name]
	switch len(values) {
	case 0:
		return ""
	case 1:
		return values[0]
	}
	p.wrong.Add(name, "is given more than once")
	return ""
}

// searchText returns a parameter that goes to the store as it is, so it must
// be text that every engine takes.
func (p *parameters) searchText(name string) string {
	s := p.text(name)
	switch {
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		p.wrong.Add(name, "holds characters that no text has")
	case len(s) > apikey.MaxDescriptionLength:
		p.wrong.Add(name, "is longer than %d bytes", apikey.MaxDescriptionLength)
	}
	return s
}

// since returns the moment from which on entries are asked for: a time, or how
// long ago it was. The zero time is from the first on.
func (p *parameters) since() time.Time { return p.sinceBefore(time.Now()) }

func (p *parameters) sinceBefore(now time.Time) time.Time {
	s := p.text("since")
	if s == "" {
		return time.Time{}
	}
	if ago, err := apikey.ParseTTL(s); err == nil && ago > 0 {
		return now.Add(-ago)
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		p.wrong.Add("since", "is not a time; write it like 24h, 7d, or 2027-01-31T12:00:00Z with %%2B for a +")
	}
	return at
}

func (p *parameters) flag(name string) bool {
	switch strings.ToLower(p.text(name)) {
	case "", "false", "0":
		return false
	case "true", "1":
		return true
	}
	p.wrong.Add(name, "must be true or false")
	return false
}

func (p *parameters) limit() int {
	return p.number("limit", apikey.DefaultPageSize, apikey.MaxPageSize)
}

// number returns a parameter that is a whole number from 1 to most.
func (p *parameters) number(name string, otherwise, most int) int {
	s := p.text(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > most {
		p.wrong.Add(name, "must be a whole number from 1 to %d", most)
	}
	return n
}

// cursor returns nil for the first page.
func (p *parameters) cursor(order string) *cursor {
	s := p.text("cursor")
	if s == "" {
		return nil
	}
	c, err := parseCursor(s, order)
	p.wrong.AddError("cursor", err)
	return c
}
