//go:build !windows

package main

// showFailure does nothing where the program can say on a terminal why it has
// not started.
func showFailure(string) {}
