package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

// modal is a dialog over the window. Escape and its close button end it, if
// canClose agrees.
type modal struct {
	stage    *stage
	width    float32
	canClose func() bool
	onClosed func()

	overlay *fyne.Container
	body    *fyne.Container
	scroll  *scroll
	buttons *fyne.Container
	notice  *fyne.Container
	before  fyne.Focusable // what had the focus
	page    any            // on which page
	open    bool
}

// newModal makes a dialog. The heading names what it does; the text below may
// be empty.
func (s *stage) newModal(title, text string, width float32) *modal {
	m := &modal{stage: s, width: width, body: column(16), buttons: row(8), notice: container.NewStack()}
	shut := s.iconButton("close", s.w.t("common.close"), m.close)
	shut.keys = m.keys()
	name := headline(title, plain)
	name.size, name.broad = textHeading, width-88
	top := container.NewBorder(nil, nil, nil, container.NewVBox(shut), padded(5, 8, 0, 0, name))
	head := column(6, top)
	if text != "" {
		head.Add(newParagraph(text, colorMuted))
	}
	m.scroll = scrolled(padded(0, 24, 20, 24, m.body))
	surface := newBlock(theme.ColorNameOverlayBackground)
	surface.stroke, surface.radius = colorLine, 12
	m.notice.Hide()
	foot := column(0, hairline(), padded(14, 24, 14, 24, container.NewHBox(layout.NewSpacer(), m.buttons)))
	inner := container.New(&modalLayout{}, padded(18, 16, 16, 24, head), m.scroll, padded(0, 24, 14, 24, m.notice), foot)
	m.overlay = container.New(&overlayLayout{m}, newScrim(), container.NewStack(surface, inner))
	return m
}

// keys are those of inputs in this dialog.
func (m *modal) keys() keys { return keys{escape: m.close} }

// add puts parts into the body.
func (m *modal) add(parts ...fyne.CanvasObject) {
	for _, p := range parts {
		m.body.Add(p)
	}
}

// actions puts buttons at the right of the foot.
func (m *modal) actions(buttons ...*button) {
	m.buttons.RemoveAll()
	for _, b := range buttons {
		b.keys = m.keys()
		m.buttons.Add(b)
	}
	m.relayout()
}

// show opens the dialog and puts the focus into it.
func (m *modal) show(focus fyne.Focusable) {
	c := m.stage.window.Canvas()
	m.before, m.page = c.Focused(), m.stage.at
	m.open = true
	m.stage.hideTip()
	c.Overlays().Add(m.overlay)
	m.overlay.Resize(c.Size())
	m.relayout()
	if focus != nil {
		c.Focus(focus)
	}
	m.stage.modals = append(m.stage.modals, m)
}

// close ends the dialog if it may.
func (m *modal) close() {
	if m.canClose == nil || m.canClose() {
		m.end()
	}
}

// end ends the dialog.
func (m *modal) end() {
	if !m.open {
		return
	}
	m.open = false
	c := m.stage.window.Canvas()
	m.stage.hideTip()
	c.Unfocus() // or the cursor of a field that is gone would blink on
	c.Overlays().Remove(m.overlay)
	for i, o := range m.stage.modals {
		if o == m {
			m.stage.modals = m.stage.modals[:i]
			break
		}
	}
	if m.onClosed != nil {
		m.onClosed()
	}
	if m.before != nil && (m.page == m.stage.at || len(m.stage.modals) > 0) {
		c.Focus(m.before)
	}
}

// warn shows a notice above the buttons; nil takes it away.
func (m *modal) warn(o fyne.CanvasObject) {
	m.notice.RemoveAll()
	if o == nil {
		m.notice.Hide()
	} else {
		m.notice.Add(o)
		m.notice.Show()
	}
	m.relayout()
}

// relayout follows a change of the content's height.
func (m *modal) relayout() {
	if m.open {
		m.overlay.Layout.Layout(m.overlay.Objects, m.overlay.Size())
		m.overlay.Refresh()
	}
}

// overlayLayout keeps a dialog in the middle, as high as its content and no
// higher than the window.
type overlayLayout struct{ modal *modal }

func (l *overlayLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, 0) }

func (l *overlayLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size)
	dialog := objects[1]
	width := min(l.modal.width, size.Width-32)
	height := float32(0)
	for range 2 { // text that wraps knows its height only when it has its width
		dialog.Resize(fyne.NewSize(width, max(height, 100)))
		inner := dialog.(*fyne.Container).Objects[1].(*fyne.Container)
		height = inner.MinSize().Height
		for _, o := range l.modal.scroll.Content.(*fyne.Container).Objects {
			height += o.MinSize().Height + 20
		}
	}
	height = min(height, size.Height-32)
	dialog.Resize(fyne.NewSize(width, height))
	dialog.Move(fyne.NewPos((size.Width-width)/2, max(16, (size.Height-height)*0.42)))
}

// modalLayout puts head, scrolling body, notice and foot below one another.
type modalLayout struct{}

func (modalLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.NewSize(0, 0)
	for i, o := range objects {
		if i != 1 && o.Visible() { // the body scrolls
			size.Height += part(o).Height
		}
	}
	return size
}

// part is the least size of a part; one whose content is hidden takes none.
func part(o fyne.CanvasObject) fyne.Size {
	if c, ok := o.(*fyne.Container); ok && len(c.Objects) == 1 && !c.Objects[0].Visible() {
		return fyne.Size{}
	}
	return o.MinSize()
}

func (modalLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	heights := make([]float32, len(objects))
	rest := size.Height
	for i, o := range objects {
		if i != 1 {
			o.Resize(fyne.NewSize(size.Width, o.Size().Height))
			heights[i] = part(o).Height
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
type scrim struct{ block }

func newScrim() *scrim {
	s := &scrim{block{fill: colorScrim}}
	s.ExtendBaseWidget(s)
	return s
}

// CreateRenderer implements fyne.Widget.
func (s *scrim) CreateRenderer() fyne.WidgetRenderer { return s.block.CreateRenderer() }

// Tapped implements fyne.Tappable.
func (s *scrim) Tapped(*fyne.PointEvent) {}

// MouseIn implements desktop.Hoverable.
func (s *scrim) MouseIn(*desktop.MouseEvent) {}

// MouseMoved implements desktop.Hoverable.
func (s *scrim) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (s *scrim) MouseOut() {}

// alert is a tinted box with an icon, a headline and a text.
func alert(bad bool, title, text string) fyne.CanvasObject {
	color, tint := colorWarn, colorWarnTint
	if bad {
		color, tint = colorBad, colorBadTint
	}
	backdrop := newBlock(tint)
	backdrop.radius = 8
	lines := column(4)
	if title != "" {
		lines.Add(headline(title, color))
	}
	if text != "" {
		words := newParagraph(text, plain)
		words.broad = 440 // until it is laid out: not higher than it will be
		lines.Add(words)
	}
	return container.NewStack(backdrop, padded(12, 14, 12, 14,
		container.NewBorder(nil, nil, container.NewVBox(padded(1, 10, 0, 0, iconImage("warn", color, 18))), nil, lines)))
}
