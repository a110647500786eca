// Package notices is the page of what people were told, and of what did not reach them.
package notices

import (
	"context"
	"reflect"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

const pageSize = 100

// Page lists notices, the newest first, with details of the chosen one at its side.
type Page struct {
	host    *page.Host
	session *state.Session
	filter  apikey.NoticeState // empty = all
	entries []api.Notice
	next    string // cursor of the page behind
	reading bool
	turn    int // raised by each change of the filter, so that late answers are dropped

	try     *kit.Button
	sheet   *kit.Sheet
	details *details
	listing *page.Listing
	root    fyne.CanvasObject
}

// New makes the page of the open session.
func New(h *page.Host) *Page {
	w := h.Words
	p := &Page{host: h, session: h.Session}
	p.sheet = kit.NewSheet(h.Stage, newColumns(w), func() int { return len(p.entries) }, p.fill)
	p.sheet.Typed = h.TypedKey
	p.sheet.OnOpen = func(i int) { h.ShowKey(p.entries[i].KeyID) }
	p.details = newDetails(p)
	p.listing = page.NewListing(h, p, p.sheet, p.details.frame, func(i int) { p.details.show(p.entries[i]) })
	p.try = kit.NewButton(w.T("notices.try"), "", h.Keys(), p.test)
	refresh := h.IconButton("refresh", w.T("filter.reload"), p.again)
	stateName := func(s apikey.NoticeState) string { return stateWord(w, s) }
	states := page.NewFilter(h, "notices.all", apikey.NoticeStates(), stateName, "", func(s apikey.NoticeState) {
		p.filter = s
		p.again()
	})
	head := kit.Head(w.T("notices.title"), kit.Muted(w.T("notices.subtitle")), kit.Row(8, kit.Middle(refresh),
		kit.Middle(kit.Fixed(160, kit.Boxed(states))), kit.Middle(p.try)))
	p.root = kit.Padded(20, 20, 20, 24,
		container.NewBorder(kit.Padded(0, 0, 14, 0, head), nil, nil, nil, p.listing.Object))
	p.again()
	return p
}

// Columns of the list.
const (
	columnWhen = iota
	columnWhat
	columnKey
	columnTo
	columnAttempts
	columnState
)

func newColumns(w *words.Words) *kit.Columns {
	column := page.Columns(w)
	how := column("state", "key.state", 142, 0)
	how.Pill = true
	attempts := column("attempts", "notices.tries", 76, 0)
	attempts.Hidden = true
	return kit.NewColumns(16,
		column("when", "audit.when", 104, 0), column("what", "audit.what", 140, 0.35),
		column("key", "audit.key", 90, 0.25), column("to", "notices.to", 110, 0.4), attempts, how)
}

// fill puts a notice into a line.
func (p *Page) fill(i int, l *kit.Line) {
	w, n := p.host.Words, p.entries[i]
	l.Labels[columnWhen].Set(w.Second(n.At), kit.ColorMuted)
	l.Labels[columnWhat].Set(eventName(w, n.Event), kit.Plain)
	l.Labels[columnKey].Set(n.KeyName, kit.Plain)
	l.Labels[columnTo].Set(n.To, kit.ColorMuted)
	l.Labels[columnAttempts].Set(w.Number(int64(n.Attempts)), kit.ColorMuted)
	setState(l.Pills[columnState], w, n.State)
	if p.next != "" && i > len(p.entries)-30 {
		p.read()
	}
}

// Object is the page as it is drawn.
func (p *Page) Object() fyne.CanvasObject { return p.root }

// Name is that of the page in the sidebar.
func (p *Page) Name() string { return "notices" }

// Focus puts the focus where it belongs, once there is a list.
func (p *Page) Focus() { p.listing.Focus() }

// again reads the first page again.
func (p *Page) again() {
	p.turn++
	p.entries, p.next, p.reading = nil, "", false
	p.listing.Choose(-1)
	p.listing.Wait("bell")
	p.read()
}

// read reads the next page.
func (p *Page) read() {
	p.ask(p.next, func(list *api.NoticeList, err error) {
		if err != nil {
			p.fail(err)
			return
		}
		p.show(append(p.entries, list.Notices...), list.NextCursor)
	})
}

// Updated follows a refresh of the session: those that are on their way may have arrived.
func (p *Page) Updated() {
	p.ask("", func(list *api.NoticeList, err error) {
		if err != nil {
			return // the sidebar says that the server is away
		}
		all, next := list.Notices, list.NextCursor
		if n := len(all); n > 0 && len(p.entries) > n { // those of further pages stay
			rest := slices.IndexFunc(p.entries, func(e api.Notice) bool { return e.At.Before(all[n-1].At) })
			if rest >= 0 {
				all, next = slices.Concat(all, p.entries[rest:]), p.next
			}
		}
		if !reflect.DeepEqual(all, p.entries) {
			p.show(all, next)
		}
	})
}

// ask asks for a page, unless one is being read.
func (p *Page) ask(cursor string, done func(*api.NoticeList, error)) {
	if p.reading {
		return
	}
	p.reading = true
	filter, turn := p.filter, p.turn
	page.InBackground(p.host, func(ctx context.Context) (*api.NoticeList, error) {
		return p.session.Notices(ctx, string(filter), cursor, pageSize)
	}, func(list *api.NoticeList, err error) {
		if turn == p.turn {
			p.reading = false
			done(list, err)
		}
	})
}

func (p *Page) fail(err error) {
	if len(p.entries) == 0 {
		p.listing.Fail(err, p.read)
		return
	}
	p.host.ShowError(err)
	p.next = ""
}

// show shows notices; the chosen one stays so.
func (p *Page) show(entries []api.Notice, next string) {
	w, chosen := p.host.Words, p.chosenID()
	p.entries, p.next = entries, next
	switch {
	case len(entries) > 0:
		p.listing.List()
	case p.filter != "":
		p.listing.Instead(kit.Empty("bell", w.T("notices.none-found"), ""))
	default:
		p.listing.Instead(kit.Empty("bell", w.T("notices.nobody"), w.T("notices.none")))
	}
	p.listing.Choose(slices.IndexFunc(entries, func(n api.Notice) bool { return n.ID == chosen }))
}

func (p *Page) chosenID() string {
	if i := p.sheet.Chosen(); i >= 0 && i < len(p.entries) {
		return p.entries[i].ID
	}
	return ""
}

// retry has a notice sent again.
func (p *Page) retry(id string) {
	h := p.host
	p.details.retry.Disable()
	page.InBackground(h, func(ctx context.Context) (*api.Notice, error) {
		return p.session.RetryNotice(ctx, id)
	}, func(_ *api.Notice, err error) {
		p.details.retry.Enable()
		if err != nil {
			h.ShowError(err)
			return
		}
		h.Toasts.Good(h.Words.T("notices.again"))
		p.Updated()
	})
}
