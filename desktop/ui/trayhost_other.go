//go:build !linux

package ui

// trayHosted reports whether the desktop shows icons of programs.
func trayHosted() bool { return true }
