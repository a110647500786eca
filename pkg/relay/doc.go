// Package relay passes plain exchanges on between kept connections, without
// a goroutine for each.
//
// A server of net/http has a goroutine for each connection, and one more for
// each request, which notices when the client goes away. To wake these takes
// more of a processor than a short request itself. The relay has a few loops
// instead. Each waits for all of its connections at once, as nginx does.
//
// It takes only what leaves no doubt: a request of HTTP/1.1 that a Handler
// lets in, with no body or one of known length that is there at once, and an
// answer that is likewise. Requests are read by net/http's parser; fields that
// a client says again on its connection, to the byte, are known from the last
// time. The header of an answer is passed on field by field. For everything
// else the connection goes to net/http's server, which reads it from the first
// byte of the request on and keeps it. It may happen at any moment, also when
// the request was passed on: the server's handler finds what was done with
// Begun, and goes on from there.
package relay
