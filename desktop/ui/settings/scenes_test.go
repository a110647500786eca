package settings_test

import (
	"testing"

	"github.com/ostiary/ostiary/desktop/ui/uitest"
)

var scenes = []uitest.Scene{{Name: "settings", Arrive: func(w *uitest.Opened) { w.GoTo("settings") }}}

func TestEveryDialog(t *testing.T) { uitest.VisitEvery(t, scenes) }

func TestLooks(t *testing.T) { uitest.HoldLooks(t, uitest.NewStillLife, scenes) }
