// Command yardstick is a window of Fyne's with a line of text in it. What it
// costs to have that open is Fyne's and the system's; figures of the desktop
// program are reported together with it.
package main

import (
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/widget"
)

func main() {
	w := app.New().NewWindow("Ostiary")
	w.SetContent(widget.NewLabel("Ostiary"))
	w.Resize(w.Content().MinSize().AddWidthHeight(1000, 600))
	w.ShowAndRun()
}
