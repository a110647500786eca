package shell

import (
	"os"

	"github.com/godbus/dbus/v5"
)

// trayHosted reports whether the desktop shows icons of programs. On a bus
// without a host for them Fyne would only log that, and a window that closes
// into the tray would be lost.
func trayHosted() bool {
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") == "" {
		return false // asking would start a bus
	}
	bus, err := dbus.ConnectSessionBus()
	if err != nil {
		return false
	}
	defer func() { _ = bus.Close() }()
	var hosted dbus.Variant
	err = bus.Object("org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher").
		Call("org.freedesktop.DBus.Properties.Get", 0, "org.kde.StatusNotifierWatcher",
			"IsStatusNotifierHostRegistered").Store(&hosted)
	is, ok := hosted.Value().(bool)
	return err == nil && ok && is
}
