package audit

import (
	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/pkg/api"
)

// Detail is what is said of an entry.
var Detail = detail

func (p *Page) Entries() []api.AuditEntry { return p.entries }
func (p *Page) Search() *kit.Input        { return p.search }
func (p *Page) List() fyne.Focusable      { return p.sheet }
func (p *Page) Columns() *kit.Columns     { return p.sheet.Columns }
