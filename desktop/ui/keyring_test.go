package ui

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
)

// silentKeyring does not answer before the test ends, and tells when it is
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
	w := openWindow(t, srv, state.Preferences{})
	c := w.session.Connection
	w.app.Secrets = state.NewSecrets(silentKeyring{asked: func() {
		require.True(t, w.shown("Connecting to Test…"), w.texts())
		w.hand.pass(keyringPatience)
		require.True(t, w.shown("Waiting for the keyring…"), w.texts())
	}, end: t.Context().Done()})
	w.app.Secrets.Wait = 2 * time.Second
	w.connect(c, "")
	require.Nil(t, w.session)
	require.Len(t, w.modals, 1, "the secret is asked for")

	w.write(srv.Admin)
	w.button("Connect")
	require.NotNil(t, w.session)
	require.True(t, w.shown("There is no keyring here"), w.texts())
}
