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
