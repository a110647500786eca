// Package state holds what the desktop program knows and does, without
// windows: connections and their secrets, the session with a server, the list
// of keys, and the actions on them.
//
// Methods that take a context may wait for a network or a keyring: call them
// off the thread that draws. All types may be used by several goroutines
// unless they say otherwise.
package state
