package ui

import "embed"

//go:embed pictures/*.png
var pictureFiles embed.FS

// The program's own pictures. A tray wants a bitmap.
var (
	appIcon  = embedded(pictureFiles, "pictures/icon.png")
	trayIcon = embedded(pictureFiles, "pictures/tray.png")
)
