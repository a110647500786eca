//go:build race

package uitest

// Sampled says that the race detector watches, which makes drawing eight times
// slower: what is drawn by one thread alone is then drawn in samples, and as a
// whole without it.
const Sampled = true
