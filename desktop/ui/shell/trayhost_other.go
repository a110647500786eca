//go:build !linux

package shell

// trayHosted reports whether the desktop shows icons of programs.
func trayHosted() bool { return true }
