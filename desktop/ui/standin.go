package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// empty stands in the place of a list: an icon, what is the matter, and what
// to do.
func empty(iconName, headline, text string, buttons ...*button) fyne.CanvasObject {
	return container.NewCenter(standIn(iconName, colorAccentText, colorRowChosen, headline, text, buttons))
}

// standIn is what empty centres, with an icon in a colour over a tint.
func standIn(iconName string, color, tint fyne.ThemeColorName, headline, text string, buttons []*button) *fyne.Container {
	const width = 440
	disc := newBlock(tint)
	disc.radius, disc.min = 28, fyne.NewSize(56, 56)
	lines := column(10, container.NewCenter(container.NewStack(disc, container.NewCenter(iconImage(iconName, color, 26)))), space(2),
		container.NewCenter(heading(headline)))
	if text != "" {
		words := newParagraph(text, colorMuted)
		words.align = fyne.TextAlignCenter
		words.Resize(fyne.NewSize(width, 20))
		lines.Add(container.NewCenter(fixed(width, words)))
	}
	if len(buttons) > 0 {
		r := row(10)
		for _, b := range buttons {
			r.Add(b)
		}
		lines.Add(space(4))
		lines.Add(container.NewCenter(r))
	}
	return lines
}
