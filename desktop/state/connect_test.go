package state

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/zalando/go-keyring"

	"github.com/ostiary/ostiary/pkg/api"
)

func TestWhatIsWrongWithAConnection(t *testing.T) {
	srv := startServer(t, nil)
	admin := srv.connect(t)
	viewer, err := admin.Create(t.Context(), api.CreateKey{Name: "viewer", Role: "Viewer"})
	require.NoError(t, err)
	viewerToken, err := viewer.Token.Fill("T", "T")
	require.NoError(t, err)

	tlsServer := startServer(t, map[string]string{"TLS_SELF_SIGNED": "true"})
	foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<h1>Welcome</h1>"))
	}))
	t.Cleanup(foreign.Close)
	elsewhere := httptest.NewServer(http.RedirectHandler("https://login.example.org/", http.StatusFound))
	t.Cleanup(elsewhere.Close)

	for _, tt := range []struct {
		name   string
		change func(*Connection)
		secret string
		want   Kind
	}{
		{"no such name", func(c *Connection) { c.Address = "http://ostiary.invalid" }, srv.Admin, KindName},
		{"nothing listens", func(c *Connection) { c.Address = "http://" + freeAddress(t) }, srv.Admin, KindRefused},
		{"an unknown authority", func(c *Connection) { c.Address = tlsServer.ManagementURL() }, tlsServer.Admin, KindAuthority},
		{"plain where TLS is spoken", func(c *Connection) {
			c.Address = strings.Replace(tlsServer.ManagementURL(), "https", "http", 1)
		}, tlsServer.Admin, KindTLS},
		{"TLS where plain is spoken", func(c *Connection) {
			c.Address = strings.Replace(srv.ManagementURL(), "http", "https", 1)
		}, srv.Admin, KindTLS},
		{"another certificate", func(c *Connection) {
			c.Address, c.Trust, c.Fingerprint = tlsServer.ManagementURL(), TrustPin, strings.Repeat("ab", 32)
		}, tlsServer.Admin, KindPin},
		{"no CA file", func(c *Connection) {
			c.Address, c.Trust, c.CAFile = tlsServer.ManagementURL(), TrustFile, filepath.Join(t.TempDir(), "none.pem")
		}, tlsServer.Admin, KindCAFile},
		{"a wrong key", func(*Connection) {}, srv.Admin[:65] + "!", KindCredentials},
		{"a role that is too weak", func(*Connection) {}, viewerToken, KindRole},
		{"another program", func(c *Connection) { c.Address = foreign.URL }, srv.Admin, KindForeign},
		{"a gate", func(c *Connection) { c.Address = srv.GateURL() }, srv.Admin, KindGate},
		{"a way to somewhere else", func(c *Connection) { c.Address = elsewhere.URL }, srv.Admin, KindRedirect},
		{"nothing to prove who calls", func(*Connection) {}, "", KindNoSecret},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := srv.connection()
			tt.change(&c)
			_, err := Connect(t.Context(), c, tt.secret, nil)
			require.Error(t, err)
			problem := Explain(err)
			require.Equal(t, tt.want, problem.Kind, err.Error())
			if tt.secret != "" {
				require.NotContains(t, err.Error()+problem.Detail, tt.secret)
			}
		})
	}
}

// freeAddress is one at which nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

func TestATrustedCertificateIsTheOnlyOneTaken(t *testing.T) {
	srv := startServer(t, map[string]string{"TLS_SELF_SIGNED": "true"})
	c := srv.connection()
	seen, err := Inspect(t.Context(), c)
	require.NoError(t, err)
	require.Len(t, seen.Fingerprint, 64)
	require.Contains(t, seen.Names, "127.0.0.1")
	c.Trust, c.Fingerprint = TrustPin, seen.Fingerprint
	connect(t, c, srv.Admin)

	other := startServer(t, map[string]string{"TLS_SELF_SIGNED": "true"})
	c.Address = other.ManagementURL()
	_, err = Connect(t.Context(), c, other.Admin, nil)
	problem := Explain(err)
	require.Equal(t, KindPin, problem.Kind)
	shown, err := Inspect(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, &PinError{Want: seen.Fingerprint, Got: shown.Fingerprint}, problem.Pin)
}

func TestCheckConnection(t *testing.T) {
	good := Connection{ID: "1", Name: "PMM", Address: "https://pmm.example.org/graph", Way: WayToken, Trust: TrustSystem}
	for _, tt := range []struct {
		name   string
		change func(*Connection)
		want   map[Field]Fault
	}{
		{"good", func(*Connection) {}, map[Field]Fault{}},
		{"empty", func(c *Connection) { *c = NewConnection() }, map[Field]Fault{FieldConnectionName: FaultMissing, FieldAddress: FaultMissing}},
		{"the name of another", func(c *Connection) { c.Name = "home " }, map[Field]Fault{FieldConnectionName: FaultTaken}},
		{"no scheme", func(c *Connection) { c.Address = "pmm.example.org" }, map[Field]Fault{FieldAddress: FaultAddress}},
		{"a password in the address", func(c *Connection) { c.Address = "https://u:p@h" }, map[Field]Fault{FieldAddress: FaultAddress}},
		{"no user", func(c *Connection) { c.Way = WayPassword }, map[Field]Fault{FieldUser: FaultMissing}},
		{"a colon", func(c *Connection) { c.Way, c.User = WayPassword, "a:b" }, map[Field]Fault{FieldUser: FaultUser}},
		{"no file", func(c *Connection) { c.Trust = TrustFile }, map[Field]Fault{FieldCAFile: FaultMissing}},
		{"nothing looked at", func(c *Connection) { c.Trust = TrustPin }, map[Field]Fault{FieldFingerprint: FaultNotYet}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := good
			tt.change(&c)
			require.Equal(t, tt.want, c.Check([]Connection{good, {ID: "2", Name: "Home"}}))
		})
	}
	require.True(t, Connection{Address: "http://10.0.0.7:3000"}.Exposed())
	require.False(t, Connection{Address: "http://127.0.0.1:3000"}.Exposed())
}

func TestSecretsGoToTheKeyring(t *testing.T) {
	keyring.MockInit()
	s := NewSecrets(SystemKeyring{})
	_, err := s.Get("a")
	require.ErrorIs(t, err, ErrNoSecret)
	require.True(t, s.Set("a", "hush"))
	got, err := NewSecrets(SystemKeyring{}).Get("a")
	require.NoError(t, err)
	require.Equal(t, "hush", got)
	require.NoError(t, s.Delete("a"))
	require.NoError(t, s.Delete("a"))
	_, err = s.Get("a")
	require.ErrorIs(t, err, ErrNoSecret)
}

func TestSecretsStayInMemoryWithoutAKeyring(t *testing.T) {
	s := NewSecrets(brokenKeyring{})
	require.False(t, s.Set("a", "hush"))
	got, err := s.Get("a")
	require.NoError(t, err)
	require.Equal(t, "hush", got)
	require.NoError(t, s.Delete("a"))
	_, err = s.Get("a")
	require.ErrorIs(t, err, ErrNoSecret)
}

func TestAppKeepsWhatProvedRight(t *testing.T) {
	srv := startServer(t, nil)
	dir := t.TempDir()
	settings, err := OpenSettings(dir)
	require.NoError(t, err)
	a := &App{Settings: settings, Secrets: NewSecrets(brokenKeyring{}), Logger: slog.New(slog.DiscardHandler)}
	c := srv.connection()
	_, err = a.Save(c, "")
	require.NoError(t, err)
	_, _, err = a.Connect(t.Context(), c, "")
	require.ErrorIs(t, err, ErrNoSecret)
	_, _, err = a.Connect(t.Context(), c, "ost_wrong")
	require.Error(t, err)
	_, _, err = a.Connect(t.Context(), c, "")
	require.ErrorIs(t, err, ErrNoSecret, "a wrong secret is not kept")
	_, lasting, err := a.Connect(t.Context(), c, srv.Admin)
	require.NoError(t, err)
	require.False(t, lasting)
	who, err := a.Try(t.Context(), c, "")
	require.NoError(t, err)
	require.Equal(t, "Admin", who.Role.String())

	written, err := os.ReadFile(filepath.Join(dir, "settings.json"))
	require.NoError(t, err)
	require.NotContains(t, string(written), srv.Admin)
	again, err := OpenSettings(dir)
	require.NoError(t, err)
	c.Opened = true
	require.Equal(t, []Connection{c}, again.Get().Connections)
	require.NoError(t, a.Remove(c.ID))
	require.Empty(t, a.Settings.Get().Connections)
}

func TestDamagedSettingsAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "settings.json")
	require.NoError(t, os.WriteFile(path, []byte("{"), 0o600))
	_, err := OpenSettings(dir)
	require.ErrorContains(t, err, "move it away")
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "{", string(content))
}
