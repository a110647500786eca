//go:build !unix

package connlimit

// descriptors is how many files and connections the process may have open.
func descriptors() int { return manyDescriptors }
