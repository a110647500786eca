// Package refused is the page of the requests that were refused, as they happen.
package refused

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

const (
	pageSize = 100
	most     = 2000 // entries that the page holds; the oldest leave
)

// Page lists refused requests, the newest first, and shows those that come.
type Page struct {
	host    *page.Host
	session *state.Session
	filter  state.Refusals
	entries []api.Denial
	next    string // cursor of the page behind
	reading bool
	turn    int // raised by each change of the filters, so that late answers are dropped
	live    *live

	search    *kit.Input
	endpoints *fyne.Container // the filter by endpoint, once they are read
	active    *kit.ChipRow    // the filters that nothing else shows
	sheet     *kit.Sheet
	details   *details
	listing   *page.Listing
	head      *fyne.Container
	root      *fyne.Container
}

// New makes the page of the open session.
func New(h *page.Host) *Page {
	p := &Page{host: h, session: h.Session, filter: h.Session.Refusals}
	p.live = newLive(p)
	p.sheet = kit.NewSheet(h.Stage, newColumns(h.Words), func() int { return len(p.entries) }, p.fill)
	p.sheet.Typed = h.TypedKey
	p.sheet.OnOpen = func(i int) { h.ShowKey(p.entries[i].KeyID) }
	p.details = newDetails(p)
	p.active = kit.NewChipRow(h.Keys())
	p.listing = page.NewListing(h, p, p.sheet, p.details.frame, func(i int) { p.details.show(p.entries[i]) })
	p.head = kit.Head(h.Words.T("refused.title"), kit.Muted(h.Words.T("refused.subtitle")), p.live.object)
	top := kit.Column(14, p.head, p.filters(), p.active.Object, kit.Space(0))
	p.root = kit.Padded(20, 20, 20, 24, container.NewBorder(top, nil, nil, nil, p.listing.Object))
	p.again()
	return p
}

// newColumns are those of the list; what was asked takes the room that the others leave.
func newColumns(w *words.Words) *kit.Columns {
	column := page.Columns(w)
	why := column("why", "refused.why", 178, 0)
	why.Pill = true
	agent := column("program", "refused.program", 130, 0)
	agent.Hidden = true
	return kit.NewColumns(16,
		column("when", "audit.when", 114, 0), why, column("count", "refused.count", 64, 0),
		column("key", "audit.key", 100, 0.3), column("request", "refused.request", 110, 0.7),
		column("address", "refused.address", 108, 0), column("endpoint", "refused.by-endpoint", 96, 0), agent)
}

// Columns of the list.
const (
	columnWhen = iota
	columnWhy
	columnCount
	columnKey
	columnRequest
	columnAddress
	columnEndpoint
	columnProgram
)

// fill puts an entry into a line.
func (p *Page) fill(i int, l *kit.Line) {
	w, d := p.host.Words, p.entries[i]
	count := ""
	if d.Count > 1 {
		count = "× " + w.Number(d.Count)
	}
	for column, text := range map[int]string{
		columnWhen: w.Second(d.At), columnKey: keyOf(w, d), columnRequest: d.Method + " " + d.Path, columnCount: count,
		columnAddress: d.Address, columnEndpoint: d.Endpoint, columnProgram: d.UserAgent,
	} {
		l.Labels[column].Set(text, kit.ColorMuted)
	}
	if d.KeyName != "" {
		l.Labels[columnKey].Set(d.KeyName, kit.Plain)
	}
	forms.SetCode(l.Pills[columnWhy], w, apikey.Code(d.Code))
	if p.next != "" && i > len(p.entries)-30 {
		p.read()
	}
}

// keyOf names the key of a refused request, or what was sent in place of one.
func keyOf(w *words.Words, d api.Denial) string {
	switch {
	case d.KeyName != "":
		return d.KeyName
	case d.KeyID != "":
		return w.T("refused.gone", "id", d.KeyID)
	case d.TokenID != "":
		return w.T("refused.unknown", "id", d.TokenID)
	}
	return "–"
}

// Object is the page as it is drawn.
func (p *Page) Object() fyne.CanvasObject { return p.root }

// Name is that of the page in the sidebar.
func (p *Page) Name() string { return "refused" }

// Updated follows a refresh of the session.
func (p *Page) Updated() {}

// Leave ends the stream.
func (p *Page) Leave() { p.live.stop() }

// Focus puts the focus where it belongs, once there is a list.
func (p *Page) Focus() { p.listing.Focus() }

// FocusSearch leads to the search field.
func (p *Page) FocusSearch() { p.host.Window.Canvas().Focus(p.search) }

// narrow asks for other entries.
func (p *Page) narrow(change func(*state.Refusals)) {
	change(&p.filter)
	p.session.Refusals = p.filter
	p.again()
}

// again reads the first page again, and follows what comes.
func (p *Page) again() {
	p.turn++
	p.entries, p.next, p.reading = nil, "", false
	p.showActive()
	p.listing.Choose(-1)
	p.listing.Wait("refused")
	p.live.follow()
	p.read()
}

// read reads the next page.
func (p *Page) read() {
	if p.reading || len(p.entries) >= most {
		return
	}
	p.reading = true
	filter, cursor, turn := p.filter, p.next, p.turn
	page.InBackground(p.host, func(ctx context.Context) (*api.DenialList, error) {
		return p.session.Denials(ctx, filter, cursor, pageSize)
	}, func(list *api.DenialList, err error) {
		if turn == p.turn {
			p.reading = false
			p.show(list, err)
		}
	})
}

// show adds what was read. What the stream has brought meanwhile is there already.
func (p *Page) show(list *api.DenialList, err error) {
	h := p.host
	if err != nil {
		if len(p.entries) > 0 {
			h.ShowError(err)
			p.next = ""
			return
		}
		p.listing.Fail(err, p.read)
		return
	}
	p.next = list.NextCursor
	for _, d := range list.Denials {
		if p.find(d.ID) < 0 {
			p.entries = append(p.entries, d)
		}
	}
	p.drawList()
}

func (p *Page) find(id int64) int {
	return slices.IndexFunc(p.entries, func(d api.Denial) bool { return d.ID == id })
}

// drawList shows the list, or what is in its place.
func (p *Page) drawList() {
	w := p.host.Words
	switch {
	case len(p.entries) > 0:
		p.listing.List()
	case p.filter != state.Refusals{}:
		p.listing.Instead(kit.Empty("search", w.T("refused.none-found"), w.T("audit.none-found-hint")))
	default:
		p.listing.Instead(kit.Empty("shield", w.T("refused.none"), w.T("refused.none-text")))
	}
}

// arrived puts entries that have just come over the others.
func (p *Page) arrived(fresh []api.Denial) {
	fresh = slices.DeleteFunc(fresh, func(d api.Denial) bool { return p.find(d.ID) >= 0 })
	if len(fresh) == 0 {
		return
	}
	slices.Reverse(fresh) // the newest first
	offset, chosen := p.sheet.Offset.Y, p.sheet.Chosen()
	p.entries = slices.Concat(fresh, p.entries)
	if len(p.entries) > most {
		p.entries, p.next = p.entries[:most], ""
	}
	if chosen >= 0 {
		if chosen += len(fresh); chosen >= len(p.entries) {
			chosen = -1
		}
		p.listing.Choose(chosen)
	}
	p.drawList()
	if offset > 0 { // who reads further down keeps the place
		p.sheet.ScrollTo(offset + float32(len(fresh))*kit.RowHeight)
	}
}

// spans are how far back the filter lets the list go: refusals are kept for a week.
var spans = map[string]time.Duration{"hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour}

var spanTexts = map[string]string{"hour": "refused.last-hour", "day": "audit.last-day", "week": "audit.last-week"}
