// Package memory gives back to the system what the program holds and hardly needs again.
//
// A library of the graphics compiles its programs at the start, with a compiler that is larger than all else in the
// window, and its code would stay in memory for as long as the window is open.
package memory

import "time"

const (
	begin = 10 * time.Second // after the start, when what is needed for the first window has been used
	pause = time.Minute
)

// Keep gives memory back from time to time, for as long as the program runs.
func Keep() {
	for time.Sleep(begin); ; time.Sleep(pause) {
		if giveBack() != nil {
			return // the system lets nobody see what a program holds
		}
	}
}
