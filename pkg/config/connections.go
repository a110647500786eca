package config

import (
	"time"

	"github.com/ostiary/ostiary/pkg/connlimit"
)

const (
	strangersIdle = 10 * time.Second
	addressShare  = 4 // of all connections, one address may have the fourth part
)

// GateConnections bounds those of the gate.
func (c *Config) GateConnections() connlimit.Options {
	total, _ := connlimit.Share()
	if c.Connections.Total > 0 {
		total = c.Connections.Total
	}
	return c.connections(connlimit.Options{Total: total, Trusted: c.Gate.TrustedProxies})
}

// ManagementConnections bounds those of the management listener.
func (c *Config) ManagementConnections() connlimit.Options {
	_, total := connlimit.Share()
	return c.connections(connlimit.Options{Total: total, Trusted: c.TrustedProxies})
}

func (c *Config) connections(o connlimit.Options) connlimit.Options {
	o.Idle, o.PerAddress = strangersIdle, c.Connections.PerAddress
	if o.PerAddress == 0 {
		o.PerAddress = max(1, o.Total/addressShare)
	}
	return o
}
