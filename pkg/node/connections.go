package node

import (
	"time"

	"github.com/ostiary/ostiary/pkg/connlimit"
)

const (
	strangersIdle = 10 * time.Second
	addressShare  = 4 // of all connections, one address may have the fourth part
)

// limiter returns what bounds the connections of a listener.
func (n *Node) limiter(name string) *connlimit.Limiter {
	total, management := connlimit.Share()
	trusted := n.cfg.Gate.TrustedProxies
	if configured := n.cfg.Connections.Total; configured > 0 {
		total = configured
	}
	if name == managementName {
		total, trusted = management, n.cfg.TrustedProxies
	}
	perAddress := n.cfg.Connections.PerAddress
	if perAddress == 0 {
		perAddress = max(1, total/addressShare)
	}
	return connlimit.New(connlimit.Options{
		Total: total, PerAddress: perAddress, Idle: strangersIdle, Trusted: trusted, Name: name, Logger: n.logger,
	})
}
