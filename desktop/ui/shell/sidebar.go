package shell

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
)

const sidebarWidth = 224

// sidebar leads to the pages, and shows which server is open.
type sidebar struct {
	shell  *Shell
	items  map[string]*navItem
	server *navItem
	check  *navItem // opens a dialog, as the shortcuts do
	state  *kit.Label
	dot    *kit.Block
	wide   []fyne.CanvasObject // what is left out where there is little room
	root   fyne.CanvasObject
}

// shellLayout puts the sidebar next to the page, and makes it narrow in a
// narrow window.
type shellLayout struct{ sidebar *sidebar }

const (
	narrowSidebar = 60
	shortSidebar  = 580 // below this height only the pages and the shortcuts have room
	shortNarrow   = 530 // the same of a narrow one, which has no headings
)

func (l *shellLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(560, 380) }

func (l *shellLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	width := float32(sidebarWidth)
	narrow := size.Width < 900
	if narrow {
		width = narrowSidebar
	}
	for _, o := range l.sidebar.wide {
		if o.Visible() == narrow {
			if narrow {
				o.Hide()
			} else {
				o.Show()
			}
		}
	}
	kit.Display(l.sidebar.check, size.Height >= shortSidebar || narrow && size.Height >= shortNarrow)
	objects[0].Resize(fyne.NewSize(width, size.Height))
	objects[1].Move(fyne.NewPos(width, 0))
	objects[1].Resize(fyne.NewSize(size.Width-width, size.Height))
}

func newSidebar(in *Shell) *sidebar {
	s := &sidebar{
		shell: in, items: map[string]*navItem{}, state: kit.Caption("").Cut(20), dot: kit.NewBlock(kit.ColorQuiet),
	}
	mark := canvas.NewImageFromResource(kit.AppIcon)
	mark.FillMode = canvas.ImageFillContain
	mark.SetMinSize(fyne.NewSize(28, 28))
	name := kit.Bold("Ostiary")
	name.TextSize = kit.TextHeading
	s.server = newNavItem(in, "plug", "", in.showSwitch)
	s.server.framed = true
	s.dot.Radius, s.dot.Min = 4, fyne.NewSize(8, 8)

	section := func(text string) fyne.CanvasObject {
		c := kit.Caption(text)
		c.Style.Bold = true
		padded := kit.Padded(14, 0, 4, 12, c)
		s.wide = append(s.wide, padded)
		return padded
	}
	item := func(page, iconName string) fyne.CanvasObject {
		i := newNavItem(in, iconName, in.Words.T(page+".title"), func() { in.GoTo(page) })
		s.items[page] = i
		return i
	}
	help := newNavItem(in, "keyboard", in.Words.T("shortcut.title"), in.showShortcuts)
	s.check = newNavItem(in, "shield", in.Words.T("verify.title"), in.checkToken)
	s.wide = append(s.wide, name, s.state)
	top := kit.Column(2,
		kit.Padded(18, 0, 16, 6, kit.Row(10, mark, kit.Middle(name))),
		s.server,
		kit.Padded(6, 8, 6, 16, container.NewBorder(nil, nil, kit.Middle(kit.Padded(0, 8, 0, 0, s.dot)), nil, s.state)),
	)
	pages := kit.Column(2,
		item("overview", "home"),
		section(in.Words.T("nav.manage")),
		item("keys", "key"),
		item("pools", "pools"),
		item("audit", "trail"),
		section(in.Words.T("nav.gate")),
		item("refused", "refused"),
		item("endpoints", "gate"),
		item("notices", "bell"),
		section(in.Words.T("nav.program")),
		item("connections", "plug"),
		item("settings", "gear"),
	)
	backdrop := kit.NewBlock(kit.ColorSidebar)
	items := container.NewBorder(top, kit.Padded(6, 0, 0, 0, kit.Column(2, s.check, help)), nil, nil,
		kit.Scrolled(pages))
	s.root = container.NewBorder(nil, nil, nil, kit.Hairline(),
		container.NewStack(backdrop, kit.Padded(0, 10, 12, 10, items)))
	s.update()
	return s
}

// update follows the session and the page.
func (s *sidebar) update() {
	h := s.shell
	session, current, before := h.Session, h.Current(), s.dot.Fill
	for name, item := range s.items {
		item.setDisabled(session == nil && name != "connections" && name != "settings")
		item.setCurrent(current != nil && current.Name() == name)
	}
	s.check.setDisabled(session == nil)
	switch {
	case session == nil && h.Wanted.ID != "":
		s.name(h.Wanted)
		s.state.Set(h.Words.T("nav.not-connected"), kit.ColorMuted)
		s.dot.Fill = kit.ColorQuiet
	case session == nil:
		s.server.setText(h.Words.T("nav.no-server"), "plug")
		s.state.Set(h.Words.T("nav.not-connected"), kit.ColorMuted)
		s.dot.Fill = kit.ColorQuiet
	case session.List.Snapshot().Err != nil:
		s.name(session.Connection)
		s.state.Set(h.Words.T("nav.away"), kit.ColorBad)
		s.dot.Fill = kit.ColorBad
	default:
		s.name(session.Connection)
		s.state.Set(h.Words.T("nav.as", "login", session.Who.Login)+s.organization(), kit.ColorMuted)
		s.dot.Fill = kit.ColorGood
	}
	if s.dot.Fill != before {
		s.dot.Refresh()
	}
}

// organization names the one that is open, if the connection reaches several.
func (s *sidebar) organization() string {
	session := s.shell.Session
	kept, _ := s.shell.App.Settings.Get().Connection(session.Connection.ID)
	at := slices.IndexFunc(kept.Organizations, func(o state.Organization) bool { return o.ID == session.Who.OrgID })
	if at < 0 || len(kept.Organizations) < 2 {
		return ""
	}
	return " · " + s.shell.organizationName(kept.Organizations[at])
}

func (s *sidebar) name(c state.Connection) {
	iconName := "plug"
	if c.Way == state.WayLocal {
		iconName = "computer"
	}
	s.server.setText(s.shell.ConnectionName(c), iconName)
}

// navItem is a line of the sidebar.
type navItem struct {
	widget.BaseWidget
	shell                              *Shell
	icon, text                         string
	tapped                             func()
	framed                             bool // with a border, and an arrow for the menu that it opens
	current, hovered, focused, resting bool
}

func newNavItem(s *Shell, iconName, text string, tapped func()) *navItem {
	i := &navItem{shell: s, icon: iconName, text: text, tapped: tapped}
	i.ExtendBaseWidget(i)
	return i
}

func (i *navItem) setCurrent(on bool) {
	if i.current != on {
		i.current = on
		i.Refresh()
	}
}

func (i *navItem) setDisabled(on bool) {
	if i.resting != on {
		i.resting = on
		i.Refresh()
	}
}

func (i *navItem) setText(text, iconName string) {
	if i.text != text || i.icon != iconName {
		i.text, i.icon = text, iconName
		i.Refresh()
	}
}

func (i *navItem) Tapped(*fyne.PointEvent) {
	if !i.resting {
		i.tapped()
	}
}

func (i *navItem) MouseIn(*desktop.MouseEvent) { i.hovered = true; i.Refresh() }

func (i *navItem) MouseMoved(*desktop.MouseEvent) {}

func (i *navItem) MouseOut() { i.hovered = false; i.Refresh() }

func (i *navItem) FocusGained() { i.focused = true; i.Refresh() }

func (i *navItem) FocusLost() { i.focused = false; i.Refresh() }

func (i *navItem) TypedRune(r rune) { i.shell.TypedRune(r) }

func (i *navItem) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		i.Tapped(nil)
	default:
		i.shell.TypedKey(e)
	}
}

func (i *navItem) CreateRenderer() fyne.WidgetRenderer {
	r := &navRenderer{
		item: i, backdrop: kit.NewBlock(""), text: kit.NewLabel("").Cut(40),
		icon: widget.NewIcon(nil), arrow: widget.NewIcon(nil),
	}
	r.backdrop.Radius = 6
	r.Refresh()
	return r
}

type navRenderer struct {
	item        *navItem
	backdrop    *kit.Block
	icon, arrow *widget.Icon
	text        *kit.Label
}

func (r *navRenderer) Destroy() {}
func (r *navRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.backdrop, r.icon, r.text, r.arrow}
}
func (r *navRenderer) MinSize() fyne.Size { return fyne.NewSize(38, 36) }

func (r *navRenderer) Layout(size fyne.Size) {
	r.backdrop.Resize(size)
	r.icon.Resize(fyne.NewSquareSize(18))
	r.icon.Move(fyne.NewPos(11, (size.Height-18)/2))
	if size.Width < 80 { // only the icon
		r.icon.Move(fyne.NewPos(kit.Whole((size.Width-18)/2), (size.Height-18)/2))
		r.text.Hide()
		r.arrow.Hide()
		return
	}
	r.text.Show()
	r.arrow.Show()
	right := float32(8)
	if r.item.framed {
		right = 32
	}
	r.text.Resize(fyne.NewSize(size.Width-40-right, size.Height))
	r.text.Move(fyne.NewPos(40, 0))
	r.arrow.Resize(fyne.NewSquareSize(16))
	r.arrow.Move(fyne.NewPos(size.Width-26, (size.Height-16)/2))
}

func (r *navRenderer) Refresh() {
	i := r.item
	color, fill := kit.ColorMuted, fyne.ThemeColorName("")
	switch {
	case i.resting:
		color = theme.ColorNameDisabled
	case i.current:
		color, fill = theme.ColorNameForeground, kit.ColorRowChosen
	case i.hovered:
		color, fill = theme.ColorNameForeground, kit.ColorRowHover
	case i.framed:
		color = theme.ColorNameForeground
	}
	r.backdrop.Fill, r.backdrop.Stroke = fill, ""
	if i.framed {
		r.backdrop.Stroke = kit.ColorFieldLine
		r.arrow.SetResource(theme.NewColoredResource(kit.Picture("down"), kit.ColorMuted))
	}
	if i.focused {
		r.backdrop.Stroke = theme.ColorNamePrimary
	}
	iconColor := color
	if i.current {
		iconColor = kit.ColorAccentText
	}
	r.icon.SetResource(theme.NewColoredResource(kit.Picture(i.icon), iconColor))
	r.text.Style.Bold = i.current || i.framed
	r.text.Text, r.text.Color = i.text, color
	r.text.Refresh()
	r.backdrop.Refresh()
	r.Layout(i.Size())
}
