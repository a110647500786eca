package kit

import "embed"

//go:embed pictures/*.png
var pictureFiles embed.FS

// The program's own pictures. A tray wants a bitmap.
var (
	AppIcon  = embedded(pictureFiles, "pictures/icon.png")
	TrayIcon = embedded(pictureFiles, "pictures/tray.png")
)
