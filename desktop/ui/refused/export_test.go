package refused

import "github.com/ostiary/ostiary/pkg/api"

const Most = most

func (p *Page) Entries() []api.Denial { return p.entries }
func (p *Page) Chosen() int           { return p.sheet.Chosen() }

// CutStream ends the stream, and keeps what has come.
func (p *Page) CutStream() { p.live.cancel() }
