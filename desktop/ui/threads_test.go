package ui

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
)

// besideKeyring fails when it is asked on the thread that draws.
type besideKeyring struct {
	t    *testing.T
	hand *hand
	asks int
}

func (k *besideKeyring) check(what string) {
	k.asks++
	assert.True(k.t, k.hand.background, "the keyring is asked on the thread that draws: %s", what)
}

func (k *besideKeyring) Get(string) (string, error) { k.check("get"); return "secret", nil }
func (k *besideKeyring) Set(string, string) error   { k.check("set"); return nil }
func (k *besideKeyring) Delete(string) error        { k.check("delete"); return nil }

func TestTheKeyringIsAskedBeside(t *testing.T) {
	w := openStill(t, newStillLife(), state.Preferences{})
	keyring := &besideKeyring{t: t, hand: w.hand}
	w.app.Secrets = state.NewSecrets(keyring)
	c := state.Connection{ID: "a", Name: "Nowhere", Address: "http://127.0.0.1:1", Way: state.WayKey, Trust: state.TrustSystem}
	w.showConnection(c, false)
	w.formInputs()["Leave empty to keep it"].SetText("hush")
	w.button("Try")
	w.button("Save and connect") // which fails: nothing listens there
	require.True(t, w.shown("Nothing listens at this address."))
	w.connect(c, "")
	w.removeConnection(c)
	w.button("Remove")
	require.GreaterOrEqual(t, keyring.asks, 3)
}
