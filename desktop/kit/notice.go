package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Empty is shown in place of a list: an icon, what is the matter, and what to do.
func Empty(iconName, headline, text string, buttons ...*Button) fyne.CanvasObject {
	return container.NewCenter(Notice(iconName, ColorAccentText, ColorRowChosen, headline, text, buttons))
}

// Notice is what Empty centres, with an icon in a colour over a tint.
func Notice(
	iconName string, color, tint fyne.ThemeColorName, headline, text string, buttons []*Button,
) *fyne.Container {
	const width = 440
	disc := NewBlock(tint)
	disc.Radius, disc.Min = 28, fyne.NewSize(56, 56)
	picture := container.NewStack(disc, container.NewCenter(IconImage(iconName, color, 26)))
	lines := Column(10, container.NewCenter(picture), Space(2), container.NewCenter(Heading(headline)))
	if text != "" {
		said := NewParagraph(text, ColorMuted)
		said.Align = fyne.TextAlignCenter
		said.Resize(fyne.NewSize(width, 20))
		lines.Add(container.NewCenter(Fixed(width, said)))
	}
	if len(buttons) > 0 {
		r := Row(10)
		for _, b := range buttons {
			r.Add(b)
		}
		lines.Add(Space(4))
		lines.Add(container.NewCenter(r))
	}
	return lines
}
