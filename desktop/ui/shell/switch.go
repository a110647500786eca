package shell

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
)

// goal is something that the switch leads to.
type goal struct {
	text, about string
	open        bool // it is what is shown now
	lead        func()
}

// switcher leads to a connection, an organization or a page by a few letters.
type switcher struct {
	shell  *Shell
	dialog *kit.Modal
	search *kit.Input
	sheet  *kit.Sheet
	none   *kit.Label
	list   *fyne.Container
	all    []goal
	found  []goal
}

const (
	switchRows  = 8
	switchWidth = 620
)

// showSwitch offers the connections with their organizations, and what else there is to go to.
func (s *Shell) showSwitch() {
	w := s.Words
	c := &switcher{shell: s, all: s.goals(), dialog: s.NewModal(w.T("switch.title"), "", switchWidth),
		none: kit.Muted(w.T("switch.none"))}
	c.search = kit.NewInput(c.dialog.Keys())
	c.search.SetPlaceHolder(w.T("switch.search"))
	c.search.Icon = theme.NewColoredResource(theme.SearchIcon(), kit.ColorMuted)
	columns := kit.NewColumns(14,
		kit.TableColumn{Name: "goal", Width: 160, Part: 0.5}, kit.TableColumn{Name: "about", Width: 140, Part: 0.5},
		kit.TableColumn{Name: "open", Width: 84, Pill: true})
	c.sheet = kit.NewSheet(s.Stage, columns, func() int { return len(c.found) }, c.fill)
	c.sheet.AtOnce, c.sheet.OnOpen, c.sheet.Typed = true, c.open, s.TypedKey
	c.search.OnChanged = c.find
	c.search.OnDown = func() { c.sheet.Walk(1) }
	c.search.OnUp = func() { c.sheet.Walk(-1) }
	c.search.OnSubmitted = func(string) { c.open(c.sheet.Chosen()) }
	c.list = container.NewStack(container.NewCenter(c.none), c.sheet)
	c.dialog.Add(kit.Boxed(c.search), kit.Card(kit.Padded(3, 1, 3, 1, kit.Tall(switchRows*kit.RowHeight, c.list))))
	c.find("")
	c.dialog.Actions(kit.NewButton(w.T("common.close"), "", c.dialog.Keys(), c.dialog.Close))
	c.dialog.Show(c.search)
}

// goals are all that there is to go to: the connections, in the order in which they stand, then the pages and what can
// be begun.
func (s *Shell) goals() (all []goal) {
	w := s.Words
	for _, t := range s.App.Settings.Get().Targets() {
		g := goal{text: s.ConnectionName(t.Connection), about: t.Connection.Host(), open: t.Is(s.Session)}
		if t.Connection.Way == state.WayLocal {
			g.about = w.T("switch.local")
		}
		if t.Organization.ID > 1 || t.Organization.Name != "" {
			g.text += " · " + s.organizationName(t.Organization)
		}
		g.lead = func() { s.Connect(t.Connection, "") }
		if g.open {
			g.lead = func() {}
		}
		all = append(all, g)
	}
	page := func(name, key string) {
		lead := func() { s.GoTo(name) }
		all = append(all, goal{text: w.T(name + ".title"), about: w.Pressed("Ctrl+" + key), lead: lead})
	}
	if s.Session != nil {
		for i, name := range []string{"overview", "keys", "pools", "audit", "refused", "endpoints", "notices"} {
			page(name, strconv.Itoa(i+1))
		}
		all = append(all,
			goal{text: w.T("keys.create"), about: w.Pressed("Ctrl+N"), lead: s.CreateKey},
			goal{text: w.T("import.title"), about: w.Pressed("Ctrl+I"), lead: s.ImportKeys},
			goal{text: w.T("verify.whose"), about: w.Pressed("Ctrl+T"), lead: s.checkToken},
			goal{text: w.T("shortcuts.back"), about: "Alt+←", lead: s.back},
			goal{text: w.T("shortcuts.forward"), about: "Alt+→", lead: s.forward},
			goal{text: w.T("shortcuts.fold"), about: "F9", lead: s.FoldDetails})
	}
	page("connections", "8")
	page("settings", ",")
	return all
}

// organizationName is what an organization is called; one that nobody has named has a number.
func (s *Shell) organizationName(o state.Organization) string {
	if o.Name != "" {
		return o.Name
	}
	return s.Words.T("switch.organization", "number", strconv.FormatInt(o.ID, 10))
}

// find shows the goals that have all words of a text.
func (c *switcher) find(text string) {
	c.found = nil
	for _, g := range c.all {
		if matches(g.text+" "+g.about, text) {
			c.found = append(c.found, g)
		}
	}
	kit.Display(c.none, len(c.found) == 0)
	kit.Relayout(c.list)
	c.sheet.Choose(c.first())
	c.sheet.Refresh()
	c.sheet.ScrollTo(0)
}

// first is the goal at which one begins: not the one that is open already.
func (c *switcher) first() int {
	for i, g := range c.found {
		if !g.open {
			return i
		}
	}
	return len(c.found) - 1
}

func matches(text, search string) bool {
	text = strings.ToLower(text)
	for word := range strings.FieldsSeq(strings.ToLower(search)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// fill puts a goal into a line.
func (c *switcher) fill(i int, l *kit.Line) {
	g := c.found[i]
	l.Labels[0].Set(g.text, kit.Plain)
	l.Labels[1].Set(g.about, kit.ColorMuted)
	text, color, tint := "", fyne.ThemeColorName(""), fyne.ThemeColorName("")
	if g.open {
		text, color, tint = c.shell.Words.T("connections.open"), kit.ColorGood, kit.ColorGoodTint
	}
	l.Pills[2].Set(text, color, tint)
}

// open goes to a goal.
func (c *switcher) open(i int) {
	if i >= 0 && i < len(c.found) {
		c.dialog.End()
		c.found[i].lead()
	}
}
