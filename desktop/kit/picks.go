package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Picks are buttons in rows, of which one can be chosen.
type Picks struct {
	Object fyne.CanvasObject

	buttons []*Button
}

// NewPicks makes a button for each name, below a label.
func NewPicks(k Keys, label string, names []string, picked func(i int)) *Picks {
	p, row := &Picks{}, container.New(&flow{gap: 6})
	for i, name := range names {
		b := NewButton(name, "", k, func() { picked(i) })
		p.buttons = append(p.buttons, b)
		row.Add(b)
	}
	p.Object = Column(6, Bold(label), row)
	return p
}

// Choose marks one of the buttons.
func (p *Picks) Choose(chosen int) {
	for i, b := range p.buttons {
		importance := widget.MediumImportance
		if i == chosen {
			importance = ImportanceChosen
		}
		if b.Importance != importance {
			b.Importance = importance
			b.Refresh()
		}
	}
}
