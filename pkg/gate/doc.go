// Package gate is the side of Ostiary that machines meet: forward
// authentication at /auth, and a reverse proxy for the configured endpoints.
//
// A request comes in at Gate.ServeHTTP. Either it asks /auth about another
// request that a proxy of somebody else's holds (auth.go), as Envoy does by gRPC
// (envoy.go), or it is to be passed on itself (pass.go). Its path is read in one
// way only, and refused if others may read it differently (routes.go); what
// follows from letting it in is the same at each door (grant.go). The decision is
// that of verify's Admission; a refusal says why (refuse.go). What passes goes through
// httputil.ReverseProxy (proxy.go), with limits on how slowly a client may
// send and take (pace.go).
package gate
