package gate

import (
	"context"
	"maps"
	"slices"
	"time"
)

const (
	maxIdlePerHost = 512 // connections
	maxIdle        = 90 * time.Second
)

// get returns a connection to an address: of those that are idle the one that
// served last, because its upstream is the least likely to have closed it.
func (p *direct) get(ctx context.Context, address string) (*wire, error) {
	for {
		c := p.take(address)
		switch {
		case c == nil:
			conn, err := p.dial(ctx, "tcp", address)
			if err != nil {
				return nil, err
			}
			return newWire(conn, address, p), nil
		case isQuiet(c.raw):
			c.reused = true
			return c, nil
		}
		_ = c.Close() // the upstream has, or said what nobody had asked
	}
}

func (p *direct) take(address string) *wire {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.idle[address]
	if len(all) == 0 {
		return nil
	}
	last := len(all) - 1
	c := all[last]
	all[last] = nil
	p.idle[address] = all[:last]
	return c
}

// put keeps a connection for the next request, unless someone waits for its
// place.
func (p *direct) put(c *wire) {
	if c.raw == nil || !p.push(c) {
		_ = c.Close()
		return
	}
	if p.dials.waiting.Load() > 0 {
		p.CloseIdleConnections()
	}
}

func (p *direct) push(c *wire) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.idle[c.address]
	if len(all) >= maxIdlePerHost {
		return false
	}
	c.since = time.Now()
	p.idle[c.address] = append(all, c)
	if p.look == nil {
		p.look = time.AfterFunc(maxIdle, p.closeOld)
	}
	return true
}

// closeOld ends the connections that were idle for too long.
func (p *direct) closeOld() {
	p.closeIdle(func(c *wire) bool { return time.Since(c.since) >= maxIdle })
}

// CloseIdleConnections ends the connections that are idle.
func (p *direct) CloseIdleConnections() {
	p.closeIdle(func(*wire) bool { return true })
	p.mu.Lock()
	all := slices.Collect(maps.Values(p.relayed))
	p.mu.Unlock()
	for _, up := range all {
		up.CloseIdleConnections()
	}
}

// closeIdle ends idle connections, and looks again later if some are left.
func (p *direct) closeIdle(which func(*wire) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for address, all := range p.idle {
		kept := slices.DeleteFunc(all, func(c *wire) bool {
			goes := which(c)
			if goes {
				_ = c.Close()
			}
			return goes
		})
		if p.idle[address] = kept; len(kept) == 0 {
			delete(p.idle, address)
		}
	}
	if p.look != nil {
		p.look.Stop()
		p.look = nil
	}
	if len(p.idle) > 0 {
		p.look = time.AfterFunc(maxIdle/2, p.closeOld)
	}
}
