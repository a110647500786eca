package ui

import (
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// refused is the error of an address at which nothing listens.
var refused = &state.Problem{Kind: state.KindRefused, Detail: "dial tcp 127.0.0.1:1: connect: connection refused", Err: http.ErrServerClosed}

// keepPicture writes what is shown to a directory, to be looked at.
func keepPicture(t *testing.T, w *opened, name string) {
	t.Helper()
	dir := os.Getenv("OSTIARY_LOOKS")
	if dir == "" {
		return
	}
	f, err := os.Create(filepath.Join(dir, name+".png"))
	require.NoError(t, err)
	require.NoError(t, png.Encode(f, w.Window.Canvas().Capture()))
	require.NoError(t, f.Close())
}

// scenes lead to every dialog, page and message that the program has.
func scenes() []scene {
	at := func(i int) func(*opened) {
		return func(w *opened) { w.list().choose(i); w.press() }
	}
	with := func(i int, letter string) func(*opened) {
		return func(w *opened) { at(i)(w); w.list().takeFocus(); w.write(letter) }
	}
	kind := func(k state.Kind) *state.Problem { return &state.Problem{Kind: k, Err: http.ErrServerClosed} }
	out := []scene{
		{"active", at(1)}, {"disabled", at(2)}, {"expired", at(3)}, {"revoked", at(4)},
		{"several", func(w *opened) { w.list().chooseAll(); w.press() }},
		{"none found", func(w *opened) { w.ctrl(fyne.KeyF); w.write("zzz"); w.hand.pass(time.Second) }},
		{"server away", func(w *opened) {
			w.life.fail["GET /keys"] = problem(http.StatusServiceUnavailable, apikey.CodeUnavailable)
			w.reload()
		}},
		{"create", func(w *opened) { w.ctrl(fyne.KeyN) }},
		{"create without a name", func(w *opened) { w.ctrl(fyne.KeyN); w.press(fyne.KeyReturn) }},
		{"create taken", func(w *opened) {
			w.life.fail["POST /keys"] = problem(http.StatusConflict, apikey.CodeDuplicateName)
			w.ctrl(fyne.KeyN)
			w.write("edge")
			w.press(fyne.KeyReturn)
		}},
		{"token", func(w *opened) { w.ctrl(fyne.KeyN); w.write("edge"); w.press(fyne.KeyReturn) }},
		{"token that opens nothing", func(w *opened) { w.life.gate.Endpoints[0].Require = "read"; w.showIssued() }},
		{"token without a gate", func(w *opened) { w.life.gate.Gate = api.GateAddress{}; w.showIssued() }},
		{"token of an older server", func(w *opened) {
			w.life.fail["GET /endpoints"] = problem(http.StatusNotFound, apikey.CodeNotFound)
			w.showIssued()
		}},
		{"token at a self-made certificate", func(w *opened) { w.life.gate.Gate.Certificate = stillCertificate; w.showIssued() }},
		{"token copied", func(w *opened) {
			w.ctrl(fyne.KeyN)
			w.write("edge")
			w.press(fyne.KeyReturn, fyne.KeyReturn)
		}},
		{"token not copied", func(w *opened) { w.ctrl(fyne.KeyN); w.write("edge"); w.press(fyne.KeyReturn, fyne.KeyEscape) }},
		{"token lost", func(w *opened) {
			w.offerNewToken(&state.TokenLostError{Key: w.life.keys[1]}, w.NewModal("", "", 400))
		}},
		{"edit", with(1, "e")}, {"rotate", with(1, "r")}, {"revoke", with(1, "v")}, {"revoke at rest", with(2, "v")},
		{"delete", func(w *opened) { at(1)(w); w.list().takeFocus(); w.press(fyne.KeyDelete) }},
		{"last admin", func(w *opened) {
			w.life.fail["PATCH a"] = problem(http.StatusConflict, apikey.CodeLastAdmin)
			with(0, "d")(w)
		}},
		{"switched off", with(1, "d")},
		{"end a token", func(w *opened) { at(1)(w); w.showEndToken(w.life.keys[1], w.life.keys[1].Tokens[0]) }},
		{"bulk disable", func(w *opened) { w.showBulk(state.ActionDisable, w.life.keys) }},
		{"bulk enable", func(w *opened) { w.showBulk(state.ActionEnable, w.life.keys) }},
		{"bulk revoke", func(w *opened) { w.showBulk(state.ActionRevoke, w.life.keys) }},
		{"bulk delete", func(w *opened) { w.showBulk(state.ActionDelete, w.life.keys) }},
		{"bulk nothing", func(w *opened) { w.showBulk(state.ActionEnable, w.life.keys[:1]) }},
		{"bulk running", func(w *opened) {
			m := w.NewModal(w.Words.N("bulk.disable", 3), "", 520)
			m.Show(nil)
			w.newBulkProgress(m, func() {}).set(1, 3)
		}},
		{"bulk result", func(w *opened) {
			m := w.NewModal(w.Words.N("bulk.disable", 3), "", 520)
			m.Show(nil)
			w.showBulkResult(m, 4, state.BulkResult{Done: 1, Failed: []state.Failure{{Key: w.life.keys[1], Err: kind(state.KindLost)}}, Skipped: w.life.keys[2:4]})
		}},
		{"audit", func(w *opened) { w.goTo("audit") }},
		{"check a token", func(w *opened) { w.showVerify() }},
		{"a token refused", func(w *opened) {
			m := w.NewModal("", "", 400)
			m.Show(nil)
			m.Warn(w.verdict(&api.VerifyResponse{Code: "expired"}))
		}},
		{"pools", func(w *opened) { w.goTo("pools") }},
		{"create a pool", func(w *opened) { w.goTo("pools"); w.page.(*poolsPage).create() }},
		{"rotate a pool", func(w *opened) { w.goTo("pools"); w.page.(*poolsPage).rotate(w.somePool()) }},
		{"rotated a pool", func(w *opened) {
			w.goTo("pools")
			newPoolTokens(w.page.(*poolsPage), w.session.RotatePool("edge", api.RotateKey{}), w.somePool())
		}},
		{"revoke a pool", func(w *opened) { w.goTo("pools"); w.page.(*poolsPage).revoke(w.somePool()) }},
		{"remove a pool", func(w *opened) { w.goTo("pools"); w.page.(*poolsPage).remove(w.somePool()) }},
		{"remove an empty pool", func(w *opened) { w.goTo("pools"); w.page.(*poolsPage).remove(api.Pool{Name: "kern"}) }},
		{"settings", func(w *opened) { w.goTo("settings") }},
		{"shortcuts", func(w *opened) { w.showShortcuts() }},
		{"connections", func(w *opened) { w.goTo("connections") }},
		{"remove connection", func(w *opened) { w.removeConnection(w.app.Settings.Get().Connections[0]) }},
		{"waiting", func(w *opened) { w.open(newWaitingPage(w.UI, w.session.Connection)) }},
		{"welcome", func(w *opened) {
			w.disconnect()
			_ = w.app.Settings.Change(func(p *state.Preferences) { p.Connections = nil })
			w.goTo("connections")
		}},
		{"certificate", func(w *opened) {
			f := &connectionForm{ui: w.UI, dialog: w.NewModal("", "", 400), fields: map[state.Field]*kit.Field{}}
			f.askTrust(state.Connection{Address: "https://pmm.example.org"}, &state.Certificate{
				Subject: "CN=pmm", Issuer: "CN=pmm", Names: []string{"pmm.example.org"}, NotAfter: noon.Add(day), Fingerprint: stillFingerprint,
			})
		}},
		{"expiring", func(w *opened) { w.hand.Go(func() { w.lookForExpiring(w.ctx, w.session) }) }},
		{"menu of a key", func(w *opened) { at(1)(w); w.page.(*keysPage).menu(fyne.NewPos(300, 300)) }},
		{"menu of several", func(w *opened) { w.list().chooseAll(); w.page.(*keysPage).menu(fyne.NewPos(300, 300)) }},
		{"menu of servers", func(w *opened) { w.switchConnection(w.sidebar.server) }},
		{"calendar", func(w *opened) {
			w.ctrl(fyne.KeyN)
			in := kit.NewInput(kit.Keys{})
			w.ShowCalendar(in, w.sidebar.server)
		}},
		{"unknown outcome", func(w *opened) { w.tellFailed(kind(state.KindUnknown)) }},
		{"settled", func(w *opened) {
			w.tellSettled(&state.Unsettled{Action: state.ActionDelete, Name: "edge", Done: true})
			w.tellSettled(&state.Unsettled{Action: state.ActionRotate, Name: "edge"})
		}},
	}
	for _, way := range state.Ways() {
		for _, trust := range trusts {
			out = append(out, scene{"connection " + string(way) + " " + string(trust), func(w *opened) {
				w.showConnection(state.Connection{ID: "a", Name: "PMM", Address: "https://pmm.example.org", Way: way, Trust: trust, Fingerprint: stillFingerprint}, false)
			}})
		}
		out = append(out, scene{"secret " + string(way), func(w *opened) { w.askSecret(state.Connection{Name: "PMM", Way: way}) }})
	}
	out = append(out, scene{"exposed connection", func(w *opened) {
		c := state.NewConnection()
		c.Address = "http://10.1.2.3"
		w.showConnection(c, true)
		w.button(w.Words.T("connection.try"))
	}})
	for i := range 6 { // presets, date, seconds, never
		out = append(out, scene{"lifetime " + string(rune('0'+i)), func(w *opened) {
			w.ctrl(fyne.KeyN)
			for _, o := range visible(w.Window.Canvas().Overlays().Top()) {
				if c, ok := o.(*kit.Choice); ok && len(c.Options) > 4 {
					c.SetSelectedIndex(min(len(c.Options)-1, i+2))
				}
			}
			w.press(fyne.KeyReturn)
		}})
	}
	return out
}

// scene is a way to something that the program shows.
type scene struct {
	name   string
	arrive func(*opened)
}

// showIssued creates a key.
func (w *opened) showIssued() {
	w.ctrl(fyne.KeyN)
	w.write("edge")
	w.press(fyne.KeyReturn)
}

const stillCertificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

const stillFingerprint = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

func problem(status int, code apikey.Code) *api.Error {
	return &api.Error{Problem: api.Problem{Status: status, Code: code, Title: http.StatusText(status), Detail: "–"}}
}

// somePool has keys that can be used.
func (w *opened) somePool() api.Pool {
	return api.Pool{Name: "edge", Keys: api.PoolKeys{Active: 1, Disabled: 1, Revoked: 3}}
}
