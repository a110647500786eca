package shell

import (
	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/place"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/pkg/api"
)

func (s *Shell) Closed()                                     { s.closed() }
func (s *Shell) ShowShortcuts()                              { s.showShortcuts() }
func (s *Shell) ShowSettled(u *state.Unsettled)              { s.showSettled(u) }
func (s *Shell) LookForExpiring()                            { s.lookForExpiring(s.Context, s.Session) }
func (s *Shell) ShowSwitch()                                 { s.showSwitch() }
func (s *Shell) ShowAtItsPlace()                             { s.showAtItsPlace() }
func (s *Shell) SetSystem(of func(fyne.Window) place.Window) { s.system = of }
func (s *Shell) Placed() place.Window                        { return s.placed }
func (s *Shell) TellRefusal(d api.Denial) {
	s.tellRefusal(s.Context, s.Session, state.NewOwners(s.Session), d)
}

func (s *Shell) Hide()        { s.hide() }
func (s *Shell) Unhide()      { s.unhide() }
func (s *Shell) RefreshSeen() { s.refreshSeen(s.Context, s.Session) }
