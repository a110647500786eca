package connections_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/connections"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
)

const stillFingerprint = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

var stillCertificate = &state.Certificate{
	Subject: "CN=pmm", Issuer: "CN=pmm", Names: []string{"pmm.example.org"},
	NotAfter: uitest.Noon.Add(24 * time.Hour), Fingerprint: stillFingerprint,
}

var errAuthority = &state.Problem{Kind: state.KindAuthority, Err: uitest.ErrRefused}

// scenes lead to every dialog and page about connections.
func scenes() []uitest.Scene {
	out := []uitest.Scene{
		{Name: "connections", Arrive: func(w *uitest.Opened) { w.GoTo("connections") }},
		{Name: "remove connection", Arrive: func(w *uitest.Opened) { connections.Remove(w.Host, w.App.Settings.Get().Connections[0]) }},
		{Name: "waiting", Arrive: func(w *uitest.Opened) { w.Open(connections.NewWaiting(w.Host, w.Session.Connection)) }},
		{Name: "welcome", Arrive: func(w *uitest.Opened) {
			w.Disconnect()
			_ = w.App.Settings.Change(func(p *state.Preferences) { p.Connections = nil })
			w.GoTo("connections")
		}},
		{Name: "certificate", Arrive: func(w *uitest.Opened) {
			connections.AskTrust(w.Host, state.Connection{Address: "https://pmm.example.org"}, stillCertificate, errAuthority)
		}},
		{Name: "certificate changed", Arrive: func(w *uitest.Opened) {
			c := state.Connection{Address: "https://pmm.example.org", Trust: state.TrustPin}
			c.Fingerprint = strings.Repeat("ab", 32)
			connections.AskTrust(w.Host, c, stillCertificate, nil)
		}},
		{Name: "exposed connection", Arrive: func(w *uitest.Opened) {
			c := state.NewConnection()
			c.Address = "http://10.1.2.3"
			connections.Edit(w.Host, c, true)
		}},
	}
	for _, way := range state.Ways() {
		for _, trust := range connections.Trusts {
			c := state.Connection{
				ID: "a", Name: "PMM", Address: "https://pmm.example.org", Way: way, Trust: trust, Fingerprint: stillFingerprint,
			}
			out = append(out, uitest.Scene{
				Name:   "connection " + string(way) + " " + string(trust),
				Arrive: func(w *uitest.Opened) { connections.Edit(w.Host, c, false) },
			})
		}
		out = append(out, uitest.Scene{Name: "secret " + string(way), Arrive: func(w *uitest.Opened) {
			connections.AskSecret(w.Host, state.Connection{Name: "PMM", Way: way})
		}})
	}
	return out
}

func TestEveryDialog(t *testing.T) { uitest.VisitEvery(t, scenes()) }

func TestLooks(t *testing.T) {
	nowhere := state.Connection{ID: "a", Name: "Nowhere", Address: "http://127.0.0.1:1", Way: state.WayKey}
	pmm := state.Connection{
		ID: "a", Name: "PMM", Address: "https://pmm.example.org/graph", Way: state.WayPassword, User: "ada", Trust: state.TrustFile,
	}
	uitest.HoldLooks(t, uitest.NewStillLife, []uitest.Scene{
		scenes()[0],
		{Name: "connection", Arrive: func(w *uitest.Opened) { connections.Edit(w.Host, pmm, false) }},
		{Name: "first-contact", Arrive: func(w *uitest.Opened) {
			connections.AskTrust(w.Host, pmm, stillCertificate, errAuthority)
		}},
		{Name: "changed-certificate", Arrive: func(w *uitest.Opened) {
			c := pmm
			c.Trust, c.Fingerprint = state.TrustPin, strings.Repeat("ab", 32)
			w.Disconnect()
			err := &state.PinError{Want: c.Fingerprint, Got: stillFingerprint}
			w.Open(connections.NewFailed(w.Host, c, err))
		}},
		{Name: "error", Arrive: func(w *uitest.Opened) {
			w.Disconnect()
			w.Wanted = nowhere
			w.Open(connections.NewFailed(w.Host, nowhere, uitest.ErrRefused))
		}},
	})
}
