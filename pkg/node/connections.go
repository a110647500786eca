package node

import (
	"time"

	"github.com/ostiary/ostiary/pkg/connlimit"
)

const (
	manyDescriptors = 1 << 20 // more are as good as no limit

	mostConnections     = 10_000 // of the gate, where nothing else is configured
	managementShare     = 512    // of management
	strangersIdle       = 10 * time.Second
	addressShare        = 4  // of all connections, one address may have the fourth part
	fewestConnections   = 16 // whatever the limit on open files is
	fewestKept          = 64 // descriptors for the store, logs and whatever else there is
	keptShare           = 8  // the eighth part of the descriptors is kept, if that is more
	managementOfTheRest = 8  // and the eighth part of the rest is for management
)

// share divides up the descriptors of the process: how many connections the
// gate and management may have. A request that the gate passes on takes two.
func share(descriptors int) (gate, management int) {
	rest := descriptors - max(fewestKept, descriptors/keptShare)
	management = min(max(fewestConnections, rest/managementOfTheRest), managementShare)
	gate = min(max(fewestConnections, (rest-management)/2), mostConnections)
	return gate, management
}

// limiter returns what bounds the connections of a listener.
func (n *Node) limiter(name string) *connlimit.Limiter {
	total, management := share(descriptors())
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
