package shell_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/state/statetest"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
)

func TestExpiringKeysAreAnnounced(t *testing.T) {
	srv := statetest.Start(t, nil)
	w := uitest.Open(t, srv, state.Preferences{})
	issued, err := w.API.Create(t.Context(), api.CreateKey{Name: "soon", Role: "Agent", ExpiresIn: "2d"})
	require.NoError(t, err)
	text := "It expires in 2 days, on " + w.Words.Moment(*issued.Key.ExpiresAt) + ". Rotate it before that."
	test.AssertNotificationSent(t, fyne.NewNotification("soon expires soon", text), func() { w.LookForExpiring() })
	require.True(t, w.Shown("1 key expires within 7 days"))
	test.AssertNotificationSent(t, nil, func() { w.LookForExpiring() })
}

// TestOthersKeysDisturbNobody tells of an owner's keys, by any of the owner's names, unless that is not wanted.
func TestOthersKeysDisturbNobody(t *testing.T) {
	srv := statetest.Start(t, nil)
	w := uitest.Open(t, srv, state.Preferences{Owners: []string{"team-sre"}})
	issue := func(name, owner string) api.IssuedKey {
		issued, err := w.API.Create(t.Context(), api.CreateKey{Name: name, Role: "Agent", ExpiresIn: "2d", Owner: owner})
		require.NoError(t, err)
		return *issued
	}
	issue("others", "bob")
	test.AssertNotificationSent(t, nil, func() { w.LookForExpiring() })
	require.True(t, w.Shown("1 key expires within 7 days"), "it is said in the window")
	mine := issue("mine", "Team-SRE")
	text := "It expires in 2 days, on " + w.Words.Moment(*mine.Key.ExpiresAt) + ". Rotate it before that."
	test.AssertNotificationSent(t, fyne.NewNotification("mine expires soon", text), func() { w.LookForExpiring() })
	require.NoError(t, w.App.Settings.Change(func(p *state.Preferences) { p.NoEnds = true }))
	issue("quiet", "team-sre")
	test.AssertNotificationSent(t, nil, func() { w.LookForExpiring() })
}

func TestRefusalsOfOnesOwnKeysAreTold(t *testing.T) {
	w := uitest.OpenStill(t, uitest.NewStillLife(), state.Preferences{Owners: []string{"sre@example.org"}})
	mine := w.Life.Keys[1] // any key of the still life is this one
	d := api.Denial{KeyID: mine.ID, KeyName: mine.Name, Code: "limited", Address: "10.20.1.7"}
	told := fyne.NewNotification("edge-frankfurt was refused",
		"Over its limits, from 10.20.1.7. The page “Refused” says more.")
	test.AssertNotificationSent(t, told, func() { w.TellRefusal(d) })
	test.AssertNotificationSent(t, nil, func() { w.TellRefusal(d) })
	d.Code = "expired"
	require.NoError(t, w.App.Settings.Change(func(p *state.Preferences) { p.NoRefusals = true }))
	test.AssertNotificationSent(t, nil, func() { w.TellRefusal(d) })
	require.NoError(t, w.App.Settings.Change(func(p *state.Preferences) { p.NoRefusals, p.Owners = false, nil }))
	test.AssertNotificationSent(t, nil, func() { w.TellRefusal(d) })
}
