// Package upstreams says what may stand behind the gate by the word of others than its operator: hosts and blocks of
// addresses, which are looked at when an address is given, and again at every connection, when its name was resolved.
package upstreams
