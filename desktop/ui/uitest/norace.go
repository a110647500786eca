//go:build !race

package uitest

const Sampled = false
