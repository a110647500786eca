//go:build walk

package walk

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
	"github.com/stretchr/testify/require"
)

// session is what a desktop has on its message bus: a place for icons of
// programs, a service that shows notifications, and a keyring.
type session struct {
	t   testing.TB
	env []string // for the programs of the session
	bus *dbus.Conn

	mu            sync.Mutex
	items         []string // bus names of the icons
	notifications []notification
}

type notification struct{ title, text string }

const (
	watcherName = "org.kde.StatusNotifierWatcher"
	menuPath    = "/StatusNotifierMenu"
)

// startSession starts a bus that ends with the test.
func startSession(t testing.TB) *session {
	t.Helper()
	read, write, err := os.Pipe()
	require.NoError(t, err)
	runtimeDir := t.TempDir()
	require.NoError(t, os.Chmod(runtimeDir, 0o700))
	daemon := exec.Command("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=3", "--address=unix:dir="+runtimeDir)
	daemon.ExtraFiles = []*os.File{write}
	runUntilTheEnd(t, daemon)
	require.NoError(t, write.Close())
	address, err := bufio.NewReader(read).ReadString('\n')
	require.NoError(t, err)
	address = strings.TrimSpace(address)
	data := t.TempDir()
	s := &session{t: t, env: []string{"DBUS_SESSION_BUS_ADDRESS=" + address, "XDG_RUNTIME_DIR=" + runtimeDir, "XDG_DATA_HOME=" + data}}
	s.bus, err = dbus.Connect(address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.bus.Close() })
	s.offerTray()
	s.offerNotifications()
	return s
}

func runUntilTheEnd(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// startKeyring adds an open keyring to the session.
func (s *session) startKeyring() {
	s.t.Helper()
	keyring := exec.Command("gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets")
	keyring.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.t.TempDir()}, s.env...)
	keyring.Stdin = strings.NewReader("password")
	runUntilTheEnd(s.t, keyring)
	require.Eventually(s.t, func() bool {
		var owned bool
		err := s.bus.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, "org.freedesktop.secrets").Store(&owned)
		return err == nil && owned
	}, patience, 20*time.Millisecond, "no keyring")
}

func (s *session) own(name string) {
	s.t.Helper()
	reply, err := s.bus.RequestName(name, dbus.NameFlagDoNotQueue)
	require.NoError(s.t, err)
	require.Equal(s.t, dbus.RequestNameReplyPrimaryOwner, reply)
}

// watcher is the place for icons.
type watcher struct{ session *session }

// RegisterStatusNotifierItem notes an icon.
func (w watcher) RegisterStatusNotifierItem(_ string, sender dbus.Sender) *dbus.Error {
	w.session.mu.Lock()
	defer w.session.mu.Unlock()
	w.session.items = append(w.session.items, string(sender))
	return nil
}

func (s *session) offerTray() {
	s.t.Helper()
	require.NoError(s.t, s.bus.Export(watcher{s}, "/StatusNotifierWatcher", watcherName))
	_, err := prop.Export(s.bus, "/StatusNotifierWatcher", prop.Map{watcherName: {
		"IsStatusNotifierHostRegistered": {Value: true}, "ProtocolVersion": {Value: int32(0)}, "RegisteredStatusNotifierItems": {Value: []string{}},
	}})
	require.NoError(s.t, err)
	s.own(watcherName)
}

// notifier shows notifications.
type notifier struct{ session *session }

// Notify notes a notification.
func (n notifier) Notify(_ string, _ uint32, _, title, text string, _ []string, _ map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	n.session.mu.Lock()
	defer n.session.mu.Unlock()
	n.session.notifications = append(n.session.notifications, notification{title, text})
	return uint32(len(n.session.notifications)), nil
}

func (s *session) offerNotifications() {
	s.t.Helper()
	require.NoError(s.t, s.bus.Export(notifier{s}, "/org/freedesktop/Notifications", "org.freedesktop.Notifications"))
	s.own("org.freedesktop.Notifications")
}

func (s *session) notified() []notification {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]notification{}, s.notifications...)
}

// entry is a line of an icon's menu.
type entry struct {
	id      int32
	label   string
	ticked  bool
	resting bool
}

// menu reads the menu of the newest icon, as a panel does before it shows it.
func (s *session) menu() (entries []entry) {
	s.mu.Lock()
	n := len(s.items)
	var name string
	if n > 0 {
		name = s.items[n-1]
	}
	s.mu.Unlock()
	if name == "" {
		return nil
	}
	type node struct {
		ID       int32
		Props    map[string]dbus.Variant
		Children []dbus.Variant
	}
	var (
		revision uint32
		root     node
	)
	if s.bus.Object(name, menuPath).Call("com.canonical.dbusmenu.GetLayout", 0, int32(0), int32(-1), []string{}).Store(&revision, &root) != nil {
		return nil
	}
	for _, child := range root.Children {
		var n node
		if dbus.Store([]any{child.Value()}, &n) != nil {
			continue
		}
		e := entry{id: n.ID}
		e.label, _ = n.Props["label"].Value().(string)
		if state, ok := n.Props["toggle-state"].Value().(int32); ok {
			e.ticked = state == 1
		}
		if enabled, ok := n.Props["enabled"].Value().(bool); ok {
			e.resting = !enabled
		}
		entries = append(entries, e)
	}
	return entries
}

// find waits for a line of the menu whose text begins so.
func (s *session) find(label string, good func(entry) bool) entry {
	s.t.Helper()
	var found entry
	require.Eventually(s.t, func() bool {
		for _, e := range s.menu() {
			if strings.HasPrefix(e.label, label) && good(e) {
				found = e
				return true
			}
		}
		return false
	}, patience, 50*time.Millisecond, "the menu has no such line: %s in %v", label, s.menu())
	return found
}

// click chooses a line of the menu.
func (s *session) click(label string) {
	s.t.Helper()
	e := s.find(label, func(entry) bool { return true })
	s.mu.Lock()
	name := s.items[len(s.items)-1]
	s.mu.Unlock()
	require.NoError(s.t, s.bus.Object(name, menuPath).Call("com.canonical.dbusmenu.Event", 0, e.id, "clicked", dbus.MakeVariant(""), uint32(0)).Err)
}
