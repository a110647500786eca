package kit

import (
	"embed"
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// Colours that Fyne has no name for.
const (
	colorSurface    fyne.ThemeColorName = "surface"    // of cards and tables
	ColorSidebar    fyne.ThemeColorName = "sidebar"    // behind the navigation
	ColorLine       fyne.ThemeColorName = "line"       // hairlines and borders
	ColorMuted      fyne.ThemeColorName = "muted"      // labels and secondary text
	ColorRowHover   fyne.ThemeColorName = "rowHover"   // of the row under the pointer
	ColorRowChosen  fyne.ThemeColorName = "rowChosen"  // of chosen rows and of the current page
	colorScrim      fyne.ThemeColorName = "scrim"      // over what a dialog covers
	ColorGood       fyne.ThemeColorName = "good"       // text of states that work
	ColorGoodTint   fyne.ThemeColorName = "goodTint"   // behind it
	ColorBad        fyne.ThemeColorName = "bad"        // text of states that are final
	ColorBadTint    fyne.ThemeColorName = "badTint"    // behind it
	ColorWarn       fyne.ThemeColorName = "warn"       // text of what needs a look
	ColorWarnTint   fyne.ThemeColorName = "warnTint"   // behind it
	ColorQuiet      fyne.ThemeColorName = "quiet"      // text of states that rest
	ColorQuietTint  fyne.ThemeColorName = "quietTint"  // behind it
	ColorFieldLine  fyne.ThemeColorName = "fieldLine"  // around fields and boxes
	ColorAccentText fyne.ThemeColorName = "accentText" // the accent, readable as text
)

type palette map[fyne.ThemeColorName]color.NRGBA

var dark = palette{
	theme.ColorNameBackground:          rgb(0x0e1014),
	ColorSidebar:                       rgb(0x121419),
	colorSurface:                       rgb(0x16181f),
	ColorLine:                          rgb(0x272a34),
	theme.ColorNameSeparator:           rgb(0x272a34),
	theme.ColorNameForeground:          rgb(0xeef0f4),
	ColorMuted:                         rgb(0x9aa1b1),
	theme.ColorNamePlaceHolder:         rgb(0x7d8495),
	theme.ColorNameDisabled:            rgb(0x636a7a),
	theme.ColorNamePrimary:             rgb(0x6366f1),
	theme.ColorNameForegroundOnPrimary: rgb(0xffffff),
	ColorAccentText:                    rgb(0xa5b4fc),
	theme.ColorNameFocus:               rgba(0x6366f1, 0x30),
	theme.ColorNameHyperlink:           rgb(0xa5b4fc),
	theme.ColorNameButton:              rgb(0x21242e),
	theme.ColorNameDisabledButton:      rgb(0x1b1e26),
	theme.ColorNameHover:               rgba(0xffffff, 0x14),
	theme.ColorNamePressed:             rgba(0xffffff, 0x1c),
	theme.ColorNameInputBackground:     rgb(0x12141a),
	ColorFieldLine:                     rgb(0x343845),
	theme.ColorNameInputBorder:         rgb(0x9aa1b1), // of boxes to tick: as plain as their text
	theme.ColorNameMenuBackground:      rgb(0x1c1f28),
	theme.ColorNameOverlayBackground:   rgb(0x191c24),
	theme.ColorNameHeaderBackground:    rgb(0x16181f),
	theme.ColorNameScrollBar:           rgba(0xffffff, 0x38),
	theme.ColorNameScrollBarBackground: rgba(0xffffff, 0x00),
	theme.ColorNameSelection:           rgba(0x6366f1, 0x66),
	theme.ColorNameShadow:              rgba(0x000000, 0x80),
	theme.ColorNameError:               rgb(0xdc2f3e),
	theme.ColorNameForegroundOnError:   rgb(0xffffff),
	theme.ColorNameSuccess:             rgb(0x25264b), // see ImportanceChosen
	theme.ColorNameForegroundOnSuccess: rgb(0xa6b5fd),
	theme.ColorNameWarning:             rgb(0x421a1c), // see importanceBad
	theme.ColorNameForegroundOnWarning: rgb(0xff9d97),
	ColorRowHover:                      rgb(0x1c1f28),
	ColorRowChosen:                     rgb(0x24254a),
	colorScrim:                         rgba(0x05060a, 0xa8),
	ColorGood:                          rgb(0x6fdca0),
	ColorGoodTint:                      rgb(0x10301f),
	ColorBad:                           rgb(0xff9d97),
	ColorBadTint:                       rgb(0x421a1c),
	ColorWarn:                          rgb(0xf2c96b),
	ColorWarnTint:                      rgb(0x3a2d0f),
	ColorQuiet:                         rgb(0xb4bac8),
	ColorQuietTint:                     rgb(0x2a2e39),
}

var light = palette{
	theme.ColorNameBackground:          rgb(0xf6f7f9),
	ColorSidebar:                       rgb(0xffffff),
	colorSurface:                       rgb(0xffffff),
	ColorLine:                          rgb(0xe2e4ea),
	theme.ColorNameSeparator:           rgb(0xe2e4ea),
	theme.ColorNameForeground:          rgb(0x171a21),
	ColorMuted:                         rgb(0x5b6272),
	theme.ColorNamePlaceHolder:         rgb(0x737a8a),
	theme.ColorNameDisabled:            rgb(0x9aa0ad),
	theme.ColorNamePrimary:             rgb(0x4f46e5),
	theme.ColorNameForegroundOnPrimary: rgb(0xffffff),
	ColorAccentText:                    rgb(0x4338ca),
	theme.ColorNameFocus:               rgba(0x4f46e5, 0x24),
	theme.ColorNameHyperlink:           rgb(0x4338ca),
	theme.ColorNameButton:              rgb(0xeceef2),
	theme.ColorNameDisabledButton:      rgb(0xf0f1f4),
	theme.ColorNameHover:               rgba(0x10131a, 0x10),
	theme.ColorNamePressed:             rgba(0x10131a, 0x1c),
	theme.ColorNameInputBackground:     rgb(0xffffff),
	ColorFieldLine:                     rgb(0xd5d8e0),
	theme.ColorNameInputBorder:         rgb(0x5b6272), // of boxes to tick: as plain as their text
	theme.ColorNameMenuBackground:      rgb(0xffffff),
	theme.ColorNameOverlayBackground:   rgb(0xffffff),
	theme.ColorNameHeaderBackground:    rgb(0xffffff),
	theme.ColorNameScrollBar:           rgba(0x10131a, 0x40),
	theme.ColorNameScrollBarBackground: rgba(0x10131a, 0x00),
	theme.ColorNameSelection:           rgba(0x4f46e5, 0x40),
	theme.ColorNameShadow:              rgba(0x1a1d26, 0x38),
	theme.ColorNameError:               rgb(0xc8202f),
	theme.ColorNameForegroundOnError:   rgb(0xffffff),
	theme.ColorNameSuccess:             rgb(0xe8e9fb), // see ImportanceChosen
	theme.ColorNameForegroundOnSuccess: rgb(0x4439cb),
	theme.ColorNameWarning:             rgb(0xfde6e6), // see importanceBad
	theme.ColorNameForegroundOnWarning: rgb(0xa51b28),
	ColorRowHover:                      rgb(0xf3f4f7),
	ColorRowChosen:                     rgb(0xe9eafc),
	colorScrim:                         rgba(0x1a1d26, 0x60),
	ColorGood:                          rgb(0x12683a),
	ColorGoodTint:                      rgb(0xdff5e8),
	ColorBad:                           rgb(0xa51b28),
	ColorBadTint:                       rgb(0xfde6e6),
	ColorWarn:                          rgb(0x7d4e05),
	ColorWarnTint:                      rgb(0xfdf0d0),
	ColorQuiet:                         rgb(0x4b5263),
	ColorQuietTint:                     rgb(0xe9ebf0),
}

func rgb(hex uint32) color.NRGBA { return rgba(hex, 0xff) }

func rgba(hex uint32, alpha uint8) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: alpha} //nolint:gosec // the bytes of a colour
}

// Sizes, in units that do not depend on the screen. Fyne draws text into a box
// of rounded height, which cuts the feet of letters at other sizes (16, 20).
const (
	textSmall   = 12
	textBody    = 13
	TextHeading = 17
	textTitle   = 22
)

//go:embed fonts/*.otf fonts/*.ttf
var fontFiles embed.FS

//go:embed icons/*.svg
var iconFiles embed.FS

var (
	fontRegular = embedded(fontFiles, "fonts/Inter-Regular.otf")
	fontBold    = embedded(fontFiles, "fonts/Inter-SemiBold.otf")
	fontMono    = embedded(fontFiles, "fonts/JetBrainsMono-Regular.ttf")
)

// embedded reads a file that is part of the program.
func embedded(files embed.FS, name string) *fyne.StaticResource {
	content, err := files.ReadFile(name)
	if err != nil {
		panic(err) // the program was built without its own parts
	}
	return fyne.NewStaticResource(name, content)
}

// pictures are our own icons, read once: Fyne compares and keeps them.
var pictures = map[string]*fyne.StaticResource{}

func init() {
	files, err := iconFiles.ReadDir("icons")
	if err != nil {
		panic(err) // the program was built without its own parts
	}
	for _, f := range files {
		pictures[strings.TrimSuffix(f.Name(), ".svg")] = embedded(iconFiles, "icons/"+f.Name())
	}
}

// Picture is one of our own icons.
func Picture(name string) fyne.Resource {
	p, ok := pictures[name]
	if !ok {
		panic("there is no icon " + name)
	}
	return p
}

// Icon is one of our own, drawn in the colour of the text around it.
func Icon(name string) fyne.Resource {
	return theme.NewThemedResource(Picture(name))
}

// look is the theme: dark or light, or as the system.
type look struct {
	fyne.Theme
	forced string // dark, light, or empty
}

// NewLook returns the theme: forced to dark or light, or as the system has it.
func NewLook(forced string) fyne.Theme { return &look{Theme: theme.DefaultTheme(), forced: forced} }

// Color returns a colour of the palette.
func (l *look) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	colors := dark
	if l.forced == "light" || l.forced == "" && variant == theme.VariantLight {
		colors = light
	}
	if c, ok := colors[name]; ok {
		return c
	}
	return l.Theme.Color(name, variant)
}

// Font returns Inter, or JetBrains Mono for what is read letter by letter.
func (l *look) Font(style fyne.TextStyle) fyne.Resource {
	switch {
	case style.Monospace:
		return fontMono
	case style.Symbol:
		return l.Theme.Font(style)
	case style.Bold:
		return fontBold
	}
	return fontRegular
}

// Size returns a measure.
func (l *look) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case theme.SizeNameText:
		return textBody
	case theme.SizeNameCaptionText:
		return textSmall
	case theme.SizeNameSubHeadingText:
		return TextHeading
	case theme.SizeNameHeadingText:
		return textTitle
	case theme.SizeNamePadding:
		return 4
	case theme.SizeNameInnerPadding:
		return 8
	case theme.SizeNameInlineIcon:
		return 16
	case theme.SizeNameInputRadius, theme.SizeNameSelectionRadius:
		return 6
	case theme.SizeNameInputBorder:
		return 0 // the frames of fields are ours
	case theme.SizeNameScrollBar:
		return 10
	case theme.SizeNameScrollBarSmall:
		return 4
	case theme.SizeNameLineSpacing:
		return 4
	}
	return l.Theme.Size(name)
}

// colorOf returns a colour as it is now.
func colorOf(name fyne.ThemeColorName) color.Color { return theme.Color(name) }

// Refill gives a rectangle a colour, and draws it again only if that is new.
func Refill(r *canvas.Rectangle, name fyne.ThemeColorName) {
	var c color.Color = color.Transparent
	if name != "" {
		c = colorOf(name)
	}
	if r.FillColor != c {
		r.FillColor = c
		r.Refresh()
	}
}
