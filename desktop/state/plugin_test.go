package state

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/plugintest"
)

// TestOrganizationsOfOneUser has one person, who is in three organizations of the plugin's real executable: each has
// keys of its own, and the role of its own counts in each.
func TestOrganizationsOfOneUser(t *testing.T) {
	users := map[string]plugintest.User{
		"ada:lovelace": {Login: "ada", Role: "Admin", OrgID: 1, Others: map[int64]string{7: "Admin", 8: "Viewer"}},
	}
	settings := map[string]string{"gate_listen": "127.0.0.1:0"}
	grafana := plugintest.New(t, plugintest.Options{BasePath: "/graph", Settings: settings, Users: users})
	c := NewConnection()
	c.Name, c.Address, c.Way, c.User = "Grafana", grafana.URL(), WayPassword, "ada"
	home := connect(t, c, "lovelace")
	all := home.Organizations(t.Context())
	require.Equal(t, []Organization{{1, "Org. 1"}, {7, "Org. 7"}, {8, "Org. 8"}}, all)
	ours := create(t, home, api.CreateKey{Name: "ours"})

	lab := connect(t, c.In(7), "lovelace")
	require.EqualValues(t, 7, lab.Who.OrgID)
	require.Equal(t, all, lab.Organizations(t.Context()))
	theirs := create(t, lab, api.CreateKey{Name: "theirs"})
	require.Equal(t, KindNotFound, Explain(lab.Do(t.Context(), ActionRevoke, ours, false)).Kind)
	require.Equal(t, KindNotFound, Explain(home.Do(t.Context(), ActionRevoke, theirs, false)).Kind)
	for s, name := range map[*Session]string{home: "ours", lab: "theirs"} {
		require.NoError(t, s.List.Load(t.Context()))
		require.Len(t, s.List.Snapshot().Keys, 1)
		require.Equal(t, name, s.List.Snapshot().Keys[0].Name)
	}

	_, err := Connect(t.Context(), c.In(8), "lovelace", nil)
	require.Equal(t, KindRole, Explain(err).Kind, "Viewer there")
	_, err = Connect(t.Context(), c.In(9), "lovelace", nil)
	require.Equal(t, KindCredentials, Explain(err).Kind, "not in it")
}

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
