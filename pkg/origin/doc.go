// Package origin knows the API keys of the systems that Ostiary takes keys
// over from: how a token of theirs looks, what it reveals, which slow hash is
// kept of it, and how their databases are read.
package origin
