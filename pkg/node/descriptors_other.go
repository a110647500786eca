//go:build !unix

package node

// descriptors is how many files and connections the process may have open.
func descriptors() int { return manyDescriptors }
