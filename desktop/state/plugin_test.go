package state

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/plugintest"
)

// TestWaysIntoGrafana signs in to the plugin's real executable as a service
// account and as a user, below a sub-path as PMM has it.
func TestWaysIntoGrafana(t *testing.T) {
	grafana := plugintest.New(t, plugintest.Options{BasePath: "/graph", Settings: map[string]string{"gate_listen": "127.0.0.1:0"}, Users: map[string]plugintest.User{
		"glsa_desktop": {Login: "sa-desktop", Role: "Admin", OrgID: 1},
		"ada:lovelace": {Login: "ada", Role: "Admin", OrgID: 1},
		"bob:builder":  {Login: "bob", Role: "Viewer", OrgID: 1},
		"eve:else":     {Login: "eve", Role: "Admin", OrgID: 2},
	}})
	through := func(way Way, user string) Connection {
		c := NewConnection()
		c.Name, c.Address, c.Way, c.User = "Grafana", grafana.URL(), way, user
		return c
	}

	for _, tt := range []struct {
		name   string
		c      Connection
		secret string
		login  string
	}{
		{"a service account's token", through(WayToken, ""), "glsa_desktop", "sa-desktop"},
		{"a user's password", through(WayPassword, "ada"), "lovelace", "ada"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := connect(t, tt.c, tt.secret)
			require.Equal(t, tt.login, s.Who.Login)
			carryOutEveryAction(t, s)
			trail, err := s.Audit(t.Context(), Trail{}, "", 1)
			require.NoError(t, err)
			require.Equal(t, tt.login, trail.Entries[0].Actor)
		})
	}

	t.Run("keys of another organization are not to be seen", func(t *testing.T) {
		ours := connect(t, through(WayPassword, "ada"), "lovelace")
		key := create(t, ours, api.CreateKey{Name: "ours"})
		theirs := connect(t, through(WayPassword, "eve"), "else")
		require.NoError(t, theirs.List.Load(t.Context()))
		require.Empty(t, theirs.List.Snapshot().Keys)
		require.Equal(t, KindNotFound, Explain(theirs.Do(t.Context(), ActionRevoke, key, false)).Kind)
	})

	for _, tt := range []struct {
		name   string
		c      Connection
		secret string
		want   Kind
	}{
		{"a wrong password", through(WayPassword, "ada"), "byron", KindCredentials},
		{"a token that nobody has", through(WayToken, ""), "glsa_nobody", KindCredentials},
		{"a user who may not manage", through(WayPassword, "bob"), "builder", KindRole},
		{"the address without the sub-path", func() Connection {
			c := through(WayToken, "")
			c.Address = c.Address[:len(c.Address)-len("/graph")]
			return c
		}(), "glsa_desktop", KindForeign},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Connect(t.Context(), tt.c, tt.secret, nil)
			require.Error(t, err)
			problem := Explain(err)
			require.Equal(t, tt.want, problem.Kind, err.Error())
			require.NotContains(t, err.Error()+problem.Detail, tt.secret)
		})
	}
}
