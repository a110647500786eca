package connections_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/connections"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
)

// silentKeyring does not answer before the test ends, and reports when it is
// asked.
type silentKeyring struct {
	asked func()
	end   <-chan struct{}
}

func (k silentKeyring) answer() error {
	k.asked()
	<-k.end
	return state.ErrNoSecret
}

func (k silentKeyring) Get(string) (string, error) { return "", k.answer() }
func (k silentKeyring) Set(string, string) error   { return k.answer() }
func (k silentKeyring) Delete(string) error        { return k.answer() }

func TestAKeyringThatNeverAnswers(t *testing.T) {
	srv := statetest.Start(t, nil)
	w := uitest.Open(t, srv, state.Preferences{})
	c := w.Session.Connection
	var secrets *state.Secrets
	var atFirst, later bool
	secrets = state.NewSecrets(silentKeyring{asked: func() {
		atFirst = w.Shown("Connecting to Test…") // the test itself waits meanwhile
		w.Clock.Pass(connections.KeyringPatience)
		later = w.Shown("Waiting for the keyring…")
		secrets.Waiting() // its lock puts all this before what the test does next
	}, end: t.Context().Done()})
	secrets.Wait = 2 * time.Second
	w.App.Secrets = secrets
	w.Connect(c, "")
	require.True(t, atFirst && later, "it is said what is waited for")
	require.Nil(t, w.Session)
	require.Len(t, w.Modals, 1, "the secret is asked for")

	w.Write(srv.Admin)
	w.Button("Connect")
	require.NotNil(t, w.Session)
	require.True(t, w.Shown("There is no keyring here"), w.Texts())
}
