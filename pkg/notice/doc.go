// Package notice tells people what happened to keys and to the server, before
// or soon after they would notice themselves: by webhook, by mail, and as
// alerts of an Alertmanager.
//
// A notice is written to the store in the transaction of what it tells of, one
// row for each who gets it: the outbox. Every server on the store delivers
// from there, each row by one of them. What cannot be written to the store,
// because it tells that the store is away, waits in memory.
//
// Nothing that is told lets anybody in: neither a token nor what is kept of
// one.
package notice
