package main

import "golang.org/x/sys/windows"

// showFailure shows why the program has not started. On Windows it has no
// terminal to say that.
func showFailure(text string) {
	what, err := windows.UTF16PtrFromString(text)
	if err != nil {
		return
	}
	title, err := windows.UTF16PtrFromString("Ostiary")
	if err != nil {
		return
	}
	_, _ = windows.MessageBox(0, what, title, windows.MB_OK|windows.MB_ICONERROR) // it returns the button
}
