// Package walk holds a test that uses the desktop program as a person does: in
// a window on a virtual screen, with real keys and a real mouse, against a real
// server. Its pictures are those of the manual.
//
// It runs with the build tag walk, and with OSTIARY_DESKTOP set to the
// program's path. With OSTIARY_PICTURES set, the pictures go to that directory.
package walk
