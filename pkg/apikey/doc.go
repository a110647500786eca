// Package apikey is the heart of Ostiary: what an API key is, which roles
// grant what, how a token is made and recognised, and the rules for creating,
// changing, rotating, revoking and deleting keys.
//
// It imports the standard library only. How keys are kept is behind the Store
// interface; whether a request may pass is decided by package verify, from
// the Records that a Store's Feed delivers.
package apikey
