package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// Modal is a dialog over the window. Escape and its close button end it, if
// canClose agrees.
type Modal struct {
	stage    *Stage
	width    float32
	CanClose func() bool
	Typed    func() bool // something was typed that closing it would discard; nil = never, see Guard
	OnClosed func()

	overlay *fyne.Container
	Body    *fyne.Container
	scroll  *Scroll
	row     *fyne.Container // the foot: what is said there, and the buttons
	buttons *fyne.Container
	notice  *fyne.Container   // what is said above the buttons
	warning *fyne.Container   // it, with a line above
	toasts  *fyne.Container   // messages that came while it was open; nil before the first
	before  fyne.Focusable    // what had the focus
	asking  fyne.CanvasObject // the question whether to discard what was typed
	typing  fyne.Focusable    // what had the focus before that
	page    any               // on which page
	open    bool
}

// NewModal makes a dialog. The heading names what it does; the text below may
// be empty.
func (s *Stage) NewModal(title, text string, width float32) *Modal {
	m := &Modal{stage: s, width: width, Body: Column(16), buttons: Row(8), notice: container.NewStack()}
	shut := s.IconButton("close", s.Words.T("common.close"), m.Close)
	shut.keys = m.Keys()
	name := headline(title, Plain)
	name.TextSize, name.Broad = TextHeading, width-88
	top := container.NewBorder(nil, nil, nil, container.NewVBox(shut), Padded(5, 8, 0, 0, name))
	head := Column(6, top)
	if text != "" {
		head.Add(Padded(0, 8, 0, 0, NewParagraph(text, ColorMuted)))
	}
	m.scroll = Scrolled(Padded(0, 24, 20, 24, m.Body))
	surface := NewBlock(theme.ColorNameOverlayBackground)
	surface.Stroke, surface.Radius = ColorLine, 12
	m.warning = Column(0, Hairline(), Padded(14, 24, 14, 24, m.notice))
	m.warning.Hide()
	m.row = container.NewHBox(layout.NewSpacer(), m.buttons)
	foot := Column(0, Hairline(), Padded(14, 24, 14, 24, m.row))
	inner := container.New(&modalLayout{},
		Padded(18, 16, 16, 24, head), m.scroll, m.warning, foot)
	m.overlay = container.New(&overlayLayout{m}, newScrim(), container.NewStack(surface, inner))
	return m
}

// Keys are those of inputs in this dialog.
func (m *Modal) Keys() Keys {
	return Keys{
		Escape: m.Close, wheel: func(e *fyne.ScrollEvent) { m.scroll.Scrolled(e) }, reveal: m.reveal,
		relayout: m.Relayout,
	}
}

// Add puts parts into the body.
func (m *Modal) Add(parts ...fyne.CanvasObject) {
	for _, p := range parts {
		m.Body.Add(p)
	}
}

// Actions puts buttons at the right of the foot.
func (m *Modal) Actions(buttons ...*Button) {
	m.buttons.RemoveAll()
	for _, b := range buttons {
		b.keys = m.Keys()
		m.buttons.Add(b)
	}
	m.Relayout()
}

// Say puts something to the left of the buttons, or above them where it has no
// room.
func (m *Modal) Say(o fyne.CanvasObject) {
	m.row.Objects = []fyne.CanvasObject{Middle(o), m.buttons}
	m.row.Layout = &Aside{Gap: 20, Least: 240}
}

// Show opens the dialog and puts the focus into it.
func (m *Modal) Show(focus fyne.Focusable) {
	c := m.stage.Window.Canvas()
	m.before, m.page = c.Focused(), m.stage.At
	m.open = true
	m.stage.HideTip()
	c.Overlays().Add(m.overlay)
	m.overlay.Resize(c.Size())
	m.Relayout()
	if focus != nil {
		c.Focus(focus)
	}
	m.stage.Modals = append(m.stage.Modals, m)
	m.stage.Toasts.moveTo(m)
}

// Open reports whether the dialog is shown.
func (m *Modal) Open() bool { return m.open }

// Close ends the dialog if it may.
func (m *Modal) Close() {
	if m.CanClose == nil || m.CanClose() {
		m.End()
	}
}

// End ends the dialog.
func (m *Modal) End() {
	if !m.open {
		return
	}
	m.open = false
	c := m.stage.Window.Canvas()
	m.stage.HideTip()
	c.Unfocus() // or the cursor of a field that is gone would blink on
	c.Overlays().Remove(m.overlay)
	for i, o := range m.stage.Modals {
		if o == m {
			m.stage.Modals = m.stage.Modals[:i]
			break
		}
	}
	m.leaveToasts()
	if m.OnClosed != nil {
		m.OnClosed()
	}
	if m.before != nil && (m.page == m.stage.At || len(m.stage.Modals) > 0) {
		c.Focus(m.before)
	}
}

// Warn shows a notice above the buttons; nil takes it away.
func (m *Modal) Warn(o fyne.CanvasObject) {
	m.notice.RemoveAll()
	if o != nil {
		m.notice.Add(o)
	}
	Display(m.warning, o != nil)
	m.Relayout()
}

// Widen gives the dialog another width, as far as the window has room for it.
func (m *Modal) Widen(width float32) {
	m.width = width
	m.Relayout()
}

// Relayout follows a change of the content's height.
func (m *Modal) Relayout() {
	if m.open {
		m.overlay.Layout.Layout(m.overlay.Objects, m.overlay.Size())
		m.overlay.Refresh()
	}
}

// overlayLayout keeps a dialog in the middle, as high as its content and no
// higher than the window.
type overlayLayout struct{ modal *Modal }

func (l *overlayLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, 0) }

func (l *overlayLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size)
	dialog := objects[1]
	width := min(l.modal.width, size.Width-32)
	height := float32(0)
	for range 2 { // text that wraps knows its height only when it has its width
		// No higher than the window: where all of the body has room, it is not scrolled any longer.
		dialog.Resize(fyne.NewSize(width, min(max(height, 100), size.Height-32)))
		inner := dialog.(*fyne.Container).Objects[1].(*fyne.Container)
		height = inner.MinSize().Height
		for _, o := range l.modal.scroll.Content.(*fyne.Container).Objects {
			height += o.MinSize().Height + 20
		}
	}
	height = min(height, size.Height-32)
	dialog.Resize(fyne.NewSize(width, height))
	dialog.Move(fyne.NewPos((size.Width-width)/2, max(16, (size.Height-height)*0.42)))
	if l.modal.toasts != nil {
		l.modal.placeToasts(dialog, size)
	}
}

// modalLayout puts head, scrolling body, notice and foot below one another.
type modalLayout struct{}

func (modalLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.NewSize(0, 0)
	for i, o := range objects {
		if i != 1 && o.Visible() { // the body scrolls
			size.Height += o.MinSize().Height
		}
	}
	return size
}

func (modalLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	heights := make([]float32, len(objects))
	rest := size.Height
	for i, o := range objects {
		if i != 1 && o.Visible() {
			o.Resize(fyne.NewSize(size.Width, o.Size().Height))
			heights[i] = o.MinSize().Height
			rest -= heights[i]
		}
	}
	heights[1] = max(rest, 0)
	y := float32(0)
	for i, o := range objects {
		o.Resize(fyne.NewSize(size.Width, heights[i]))
		o.Move(fyne.NewPos(0, y))
		y += heights[i]
	}
}

// scrim darkens the window behind a dialog, and keeps the mouse from it.
type scrim struct{ Block }

func newScrim() *scrim {
	s := &scrim{Block{Fill: colorScrim}}
	s.ExtendBaseWidget(s)
	return s
}

func (s *scrim) CreateRenderer() fyne.WidgetRenderer { return s.Block.CreateRenderer() }

func (s *scrim) Tapped(*fyne.PointEvent) {}

func (s *scrim) MouseIn(*desktop.MouseEvent) {}

func (s *scrim) MouseMoved(*desktop.MouseEvent) {}

func (s *scrim) MouseOut() {}

// Alert is a tinted box with an icon, a headline and a text.
func Alert(bad bool, title, text string) fyne.CanvasObject {
	color, tint := ColorWarn, ColorWarnTint
	if bad {
		color, tint = ColorBad, ColorBadTint
	}
	var parts []fyne.CanvasObject
	if text != "" {
		parts = append(parts, BoxText(text))
	}
	return Box("warn", color, tint, title, parts...)
}

// Box is tinted, with an icon, a headline that may be empty, and parts below it.
func Box(iconName string, color, tint fyne.ThemeColorName, title string, parts ...fyne.CanvasObject) fyne.CanvasObject {
	backdrop := NewBlock(tint)
	backdrop.Radius = 8
	lines := Column(4)
	if title != "" {
		lines.Add(headline(title, color))
	}
	for _, part := range parts {
		lines.Add(part)
	}
	icon := container.NewVBox(Padded(1, 10, 0, 0, IconImage(iconName, color, 18)))
	return container.NewStack(backdrop, Padded(12, 14, 12, 14, container.NewBorder(nil, nil, icon, nil, lines)))
}

// BoxText is a text in a box.
func BoxText(text string) fyne.CanvasObject {
	said := NewParagraph(text, Plain)
	said.Broad = 440 // until it is laid out: not higher than it will be
	return said
}
