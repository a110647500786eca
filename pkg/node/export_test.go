package node

// For tests of the pepper and certificates, which have no door of their own.
var (
	OpenPeppers = openPeppers
	ServerTLS   = serverTLS
)
