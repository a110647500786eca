package connections_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/connections"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
)

func TestTheKeyringIsAskedInTheBackground(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{})
	keyring := &uitest.Keyring{T: t, Clock: w.Clock}
	w.App.Secrets = state.NewSecrets(keyring)
	c := state.Connection{ID: "a", Name: "Nowhere", Address: "http://127.0.0.1:1", Way: state.WayKey, Trust: state.TrustSystem}
	connections.Edit(w.Host, c, false)
	w.FormInputs()["Leave empty to keep it"].SetText("hush")
	w.Button("Try")
	w.Button("Save and connect") // which fails: nothing listens there
	require.True(t, w.Shown("Nothing listens at this address."))
	w.Connect(c, "")
	connections.Remove(w.Host, c)
	w.Button("Remove")
	require.GreaterOrEqual(t, keyring.Asks, 3)
}
