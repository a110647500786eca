//go:build !race

package uitest

// Sampled says that the race detector watches.
const Sampled = false
