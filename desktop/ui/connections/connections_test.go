package connections_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/connections"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
)

func TestThisComputer(t *testing.T) {
	w := uitest.Open(t, nil, state.Preferences{})
	require.True(t, w.Shown("Welcome to Ostiary"))
	w.Button("Use this computer")
	require.True(t, w.Shown("Let the first one in"))
	w.Button("Create your first key")
	w.Write("mine")
	w.Press(fyne.KeyReturn)
	w.Button("Copy token")
	w.Button("Done")
	require.True(t, w.Shown("mine"))
	w.GoTo("audit")
	require.True(t, w.Shown("Created"))
}

func TestAWrongConnectionSaysWhatIsWrong(t *testing.T) {
	w := uitest.Open(t, nil, state.Preferences{})
	w.Button("Add a connection")
	w.Button("Try")
	require.True(t, w.Shown("Give the connection a name."))
	form := w.FormInputs()
	form["PMM, Frankfurt"].SetText("Nowhere")
	form["https://grafana.example.org/graph"].SetText("http://127.0.0.1:1")
	form[""].SetText("ost_nonsense")
	w.Button("Try")
	require.True(t, w.Shown("Nothing listens at this address."))
	form["https://grafana.example.org/graph"].SetText("http://10.1.2.3")
	require.True(t, w.Shown("not encrypted"))
	require.NotEmpty(t, w.Modals)
}

func TestWhatGoesWithoutSayingIsFilledIn(t *testing.T) {
	w := uitest.Open(t, nil, state.Preferences{})
	w.Button("Add a connection")
	form := w.FormInputs()
	name, address := form["PMM, Frankfurt"], form["https://grafana.example.org/graph"]
	address.SetText("127.0.0.1:1/graph/")
	form[""].SetText("ost_nonsense")
	w.Button("Try")
	require.True(t, w.Shown("Nothing listens at this address."))
	require.Equal(t, "http://127.0.0.1:1/graph/", address.Text)
	require.Equal(t, "127.0.0.1:1/graph", name.Text)
	w.Press(fyne.KeyEscape)
	require.True(t, w.Shown("Discard"), w.Texts())
	w.Press(fyne.KeyEscape)
	require.Len(t, w.Modals, 1, "it is kept")
}

func TestAnAddressIsCompleted(t *testing.T) {
	for typed, address := range map[string]string{
		"": "", "  ": "", "localhost:7171": "http://localhost:7171", "127.0.0.1": "http://127.0.0.1",
		"[::1]:7171/x": "http://[::1]:7171/x", "ostiary.example.org": "https://ostiary.example.org",
		" 10.1.2.3:443 ": "https://10.1.2.3:443", "http://10.1.2.3": "http://10.1.2.3", "ftp://x": "ftp://x",
		"https://a.example": "https://a.example",
	} {
		require.Equal(t, address, state.CompleteAddress(typed), typed)
	}
}

// TestTheFirstContactIsOneDialog trusts the certificate that a server shows at first, and no other from then on.
func TestTheFirstContactIsOneDialog(t *testing.T) {
	srv := statetest.Start(t, map[string]string{"TLS_SELF_SIGNED": "true"})
	w := uitest.Open(t, nil, state.Preferences{})
	w.Button("Add a connection")
	form := w.FormInputs()
	form["PMM, Frankfurt"].SetText("Home")
	form["https://grafana.example.org/graph"].SetText(srv.ManagementURL())
	form[""].SetText(srv.Admin)
	w.Button("Save and connect")
	require.Len(t, w.Modals, 1)
	require.True(t, w.Shown("Nobody known signed"), w.Texts())
	require.True(t, w.Shown("Fingerprint (SHA-256)"))
	require.Nil(t, w.Session)
	w.Button("Do not trust")
	require.Nil(t, w.Session)
	require.Equal(t, state.TrustSystem, w.App.Settings.Get().Connections[0].Trust)

	w.Button("Try again")
	w.Button("Trust this certificate")
	require.NotNil(t, w.Session)
	require.Empty(t, w.Modals)
	kept := w.App.Settings.Get().Connections[0]
	require.Equal(t, state.TrustPin, kept.Trust)
	require.Len(t, kept.Fingerprint, 64)
	require.True(t, kept.Opened)

	is := kept.Fingerprint
	kept.Fingerprint = strings.Repeat("ab", 32)
	w.Connect(kept, "")
	require.True(t, w.Shown("The server shows another certificate than the one you trust."))
	require.Nil(t, w.Session)
	require.Empty(t, w.Modals, "nobody is asked to trust another one")
	shown := strings.ReplaceAll(strings.Join(w.Texts(), ""), " ", "")
	for _, fingerprint := range []string{kept.Fingerprint, is} {
		require.Contains(t, shown, state.GroupFingerprint(fingerprint)[:40])
	}
	w.Button("Look at the certificate")
	require.True(t, w.Shown("This is another certificate than the one you trusted."))
	w.Button("Trust this certificate")
	require.NotNil(t, w.Session)
}

// TestAServerThatWasTrustedIsNotTrustedAgainByAButton is against somebody in between.
func TestAServerThatWasTrustedIsNotTrustedAgainByAButton(t *testing.T) {
	srv := statetest.Start(t, map[string]string{"TLS_SELF_SIGNED": "true"})
	w := uitest.Open(t, nil, state.Preferences{})
	c := state.NewConnection()
	c.Name, c.Address, c.Opened = "Home", srv.ManagementURL(), true
	w.Connect(c, srv.Admin)
	require.True(t, w.Shown("Nobody known signed"))
	require.Empty(t, w.Modals)
}

func TestACertificateIsLookedAtWhileAConnectionIsTried(t *testing.T) {
	srv := statetest.Start(t, map[string]string{"TLS_SELF_SIGNED": "true"})
	w := uitest.Open(t, nil, state.Preferences{})
	w.Button("Add a connection")
	form := w.FormInputs()
	form["PMM, Frankfurt"].SetText("Home")
	form["https://grafana.example.org/graph"].SetText(srv.ManagementURL())
	form[""].SetText(srv.Admin)
	w.Button("Try")
	w.Button("Trust this certificate")
	require.True(t, w.Shown("It works: you are"), w.Texts())
	w.Button("Save and connect")
	require.NotNil(t, w.Session)
	require.Equal(t, state.TrustPin, w.App.Settings.Get().Connections[0].Trust)
}

func TestFilesAreChosen(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	dir := t.TempDir()
	pem := filepath.Join(dir, "company.pem")
	require.NoError(t, os.WriteFile(pem, []byte("-"), 0o600))
	connections.Edit(w.Host, state.Connection{ID: "a", Name: "PMM", Address: "https://pmm.example.org", Way: state.WayKey, Trust: state.TrustFile, CAFile: filepath.Join(dir, "old.pem")}, false)
	w.Button("Choose…")
	require.NotNil(t, w.Chooser)
	require.True(t, w.Shown("company"), "it begins where the file is that is named now: %v", w.Texts())
	w.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	require.Nil(t, w.Chooser, "Escape closes it")
	require.Len(t, w.Modals, 1)

	w.Button("Choose…")
	var file fyne.Tappable
	for _, o := range uitest.Visible(w.Window.Canvas().Overlays().Top()) {
		if fmt.Sprintf("%T", o) == "*dialog.fileDialogItem" {
			file = o.(fyne.Tappable) // the last: the directory above comes first
		}
	}
	file.Tapped(&fyne.PointEvent{})
	for _, o := range uitest.Visible(w.Window.Canvas().Overlays().Top()) {
		if b, ok := o.(*widget.Button); ok && b.Text == "Choose" {
			test.Tap(b)
		}
	}
	require.Equal(t, pem, w.FormInputs()["/etc/ssl/company-ca.pem"].Text)
}
