//go:build !race

package ui

const sampled = false
