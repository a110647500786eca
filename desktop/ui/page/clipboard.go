package page

import (
	"time"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
)

// ClearAfter is how long a secret may stay in the clipboard.
const ClearAfter = 60 * time.Second

// Clipboard is the system's, out of which secrets are taken again.
type Clipboard struct {
	stage *kit.Stage
	guard *state.Guard
	stop  func() // the countdown; nil while there is none
}

// NewClipboard guards a clipboard while the window is open.
func NewClipboard(stage *kit.Stage, system state.Clipboard) *Clipboard {
	return &Clipboard{stage: stage, guard: state.NewGuard(system)}
}

// CopySecret puts a secret into the clipboard for ClearAfter. Say shows how
// long it stays there.
func (c *Clipboard) CopySecret(secret string, say func(string)) {
	c.guard.Copy(secret)
	c.countdown(int(ClearAfter/time.Second), say)
}

// Leave starts the time of a secret over, when nobody looks at it any more.
func (c *Clipboard) Leave() {
	if c.guard.Holds() {
		c.countdown(int(ClearAfter/time.Second), func(string) {})
	}
}

// Clear takes a secret out now.
func (c *Clipboard) Clear() { c.guard.Clear() }

// countdown clears the clipboard after some seconds, if it still holds what
// was put there, and says so meanwhile.
func (c *Clipboard) countdown(seconds int, say func(string)) {
	if c.stop != nil {
		c.stop()
		c.stop = nil
	}
	w := c.stage.Words
	switch {
	case !c.guard.Holds():
		say(w.T("clipboard.other"))
	case seconds <= 0:
		c.guard.Clear()
		say(w.T("clipboard.cleared"))
	default:
		say(w.N("clipboard.countdown", seconds))
		c.stop = c.stage.Loop.After(time.Second, func() { c.countdown(seconds-1, say) })
	}
}
