package pools

import "github.com/ostiary/ostiary/pkg/api"

func (p *Page) Read()                { p.read() }
func (p *Page) Create()              { p.create() }
func (p *Page) Rotate(pool api.Pool) { p.rotate(pool) }
func (p *Page) Revoke(pool api.Pool) { p.revoke(pool) }
func (p *Page) Remove(pool api.Pool) { p.remove(pool) }
