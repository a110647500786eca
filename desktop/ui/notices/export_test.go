package notices

import "github.com/ostiary/ostiary/pkg/api"

func (p *Page) Entries() []api.Notice { return p.entries }
func (p *Page) Chosen() int           { return p.sheet.Chosen() }
