package keys

import (
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// What the tests reach into, by the page that is shown.
var (
	ShowBulk       = showBulk
	ShowBulkChange = showBulkChange
	BulkChanges    = bulkChanges
	ExportChosen   = exportChosen
	ShowClients    = showClients
	ShowRotateMany = showRotateMany
	ShowEndToken   = showEndToken
	OfferNewToken  = offerNewToken
	NewColumns     = newColumns
	SearchMistake  = searchMistake
	TemplateName   = templateName
	TemplateText   = templateText
)

// Typed is a key as the console's form has it.
type Typed struct {
	Role               apikey.Role
	Pool, AllowedCIDRs string
	Endpoints, Tenants []string
	Limits             bool
	Lifetime           struct{ Kind, Date, Seconds string }
}

// Says is the sentence about the key, and what speaks against it.
func (t Typed) Says(w *words.Words, gate []api.Endpoint, present *time.Time) (said, against string) {
	s := sketch{
		Reach:  state.Reach{Role: t.Role, Pool: strings.TrimSpace(t.Pool), Endpoints: t.Endpoints},
		blocks: state.Fields(t.AllowedCIDRs), tenants: t.Tenants, limited: t.Limits, present: present,
		lifetime: ReadLifetime(t.Lifetime.Kind, t.Lifetime.Date, t.Lifetime.Seconds),
	}
	return s.summary(w, gate), s.objection(w, gate)
}

// ReadLifetime reads a lifetime as the console has it.
func ReadLifetime(kind, date, seconds string) state.Lifetime {
	switch kind {
	case "keep":
		return state.Lifetime{Kind: state.LifetimeKeep}
	case "never":
		return state.Lifetime{Kind: state.LifetimeNever}
	case "date":
		return state.Lifetime{Kind: state.LifetimeDate, Text: date}
	case "seconds":
		return state.Lifetime{Kind: state.LifetimeSeconds, Text: seconds}
	}
	n, err := strconv.ParseInt(strings.TrimPrefix(kind, "ttl:"), 10, 64)
	if err != nil {
		panic("no lifetime: " + kind)
	}
	return state.Lifetime{Preset: state.Seconds(n)}
}

func (p *Page) List() *keyList               { return p.list }
func (p *Page) Menu(at fyne.Position)        { p.menu(at) }
func (p *Page) ShowFilters()                 { p.showFilters() }
func (p *Page) ShowAll()                     { p.showAll() }
func (p *Page) ViewMenu() []*fyne.MenuItem   { return p.viewMenu() }
func (p *Page) NameView(name string)         { p.nameView(p.host.Words.T("view.save"), name, "") }
func (p *Page) Export()                      { p.exportMatching() }
func (p *Page) SortBy(sort string)           { p.sortBy(sort) }
func (p *Page) States() *kit.Choice          { return p.states.choice }
func (p *Page) PressHeader(at fyne.Position) { p.header.Tapped(&fyne.PointEvent{Position: at}) }
func (p *Page) Details() fyne.CanvasObject   { return p.details.root }
func (p *Page) Columns() *kit.Columns        { return p.list.columns }
func (p *Page) Chart() *chart                { return p.details.one.chart }
func (p *Page) Tokens() fyne.CanvasObject    { return p.details.one.tokens.object }
func (p *Page) Token(i int) (string, *kit.Button) {
	line := p.details.one.tokens.lines[i]
	return line.token.ID, line.end
}

func (l *keyList) Choose(i int)              { l.choose(i) }
func (l *keyList) Extend(i int)              { l.extend(i) }
func (l *keyList) ChooseAll()                { l.chooseAll() }
func (l *keyList) Selection() []*api.Key     { return l.selection() }
func (l *keyList) Snapshot() state.Snapshot  { return l.snapshot }
func (l *keyList) ShowKeys(s state.Snapshot) { l.show(s) }
func (l *keyList) RestOnTrend(i int) {
	row := l.Body.Objects[i].(*keyRow)
	row.MouseIn(nil)
	e := desktop.MouseEvent{}
	e.Position = row.trend.Position().AddXY(9, 9)
	row.MouseMoved(&e)
}
func (l *keyList) LeaveRow(i int)                           { l.Body.Objects[i].(*keyRow).MouseOut() }
func (l *keyList) TakeFocus()                               { l.takeFocus() }
func (l *keyList) Pressed(id string, e *desktop.MouseEvent) { l.pressed(id, e) }

func (c *chart) Days() []api.DayUsage { return c.days }
func (c *chart) Trouble() string      { return c.trouble }

// Looks are how the rows in sight were drawn last.
func (l *keyList) Looks() (looks []any) {
	for at, i := range l.Shown {
		if i >= 0 {
			looks = append(looks, l.Body.Objects[at].(*keyRow).drawn)
		}
	}
	return looks
}
