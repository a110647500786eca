// Package endpoints is the page of what the gate protects.
package endpoints

import (
	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/ui/page"
)

// Page lists the endpoints of the gate.
type Page struct {
	host *page.Host
	root fyne.CanvasObject
}

func New(h *page.Host) *Page              { return &Page{host: h, root: kit.Title("")} }
func (p *Page) Object() fyne.CanvasObject { return p.root }
func (p *Page) Name() string              { return "endpoints" }
func (p *Page) Updated()                  {}
func (p *Page) Focus()                    {}
