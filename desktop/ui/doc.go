// Package ui draws the desktop program: its window, pages, dialogs and
// widgets. What they show and do comes from package state.
//
// Everything here runs on the thread that draws, except what is handed to
// Loop.Go.
package ui
