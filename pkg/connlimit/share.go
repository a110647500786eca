package connlimit

const (
	manyDescriptors = 1 << 20 // more are as good as no limit

	mostConnections     = 10_000 // of the gate, where nothing else is configured
	managementShare     = 512    // of management
	fewestConnections   = 16     // even with a low limit on open files
	fewestKept          = 64     // descriptors for the store, logs and everything else
	keptShare           = 8      // the eighth part of the descriptors is kept, if that is more
	managementOfTheRest = 8      // and the eighth part of the rest is for management
)

// Share divides up the descriptors of the process: how many connections the
// gate and management may have. A request that the gate passes on takes two.
func Share() (gate, management int) { return share(descriptors()) }

func share(descriptors int) (gate, management int) {
	rest := descriptors - max(fewestKept, descriptors/keptShare)
	management = min(max(fewestConnections, rest/managementOfTheRest), managementShare)
	gate = min(max(fewestConnections, (rest-management)/2), mostConnections)
	return gate, management
}
