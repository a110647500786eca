package keys

import (
	"context"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// actions are what can be done to one key, in the order of the menu, with the
// letter that begins each.
var actions = []struct {
	action state.Action
	letter rune
}{
	{state.ActionEdit, 'e'},
	{state.ActionRotate, 'r'},
	{state.ActionEnable, 'd'},
	{state.ActionDisable, 'd'},
	{state.ActionPause, 'm'},
	{state.ActionRevoke, 'v'},
	{state.ActionDelete, 0},
}

// act begins an action on one key.
func act(h *page.Host, action state.Action, k api.Key) {
	switch action {
	case state.ActionEdit:
		showEdit(h, k)
	case state.ActionRotate:
		showRotate(h, k)
	case state.ActionRevoke, state.ActionDelete:
		showEnd(h, action, k)
	case state.ActionPause:
		showBrownOut(h, k)
	case state.ActionDisable:
		if isOwn(h, k) {
			showDisableOwn(h, k)
			return
		}
		toggle(h, action, k)
	default:
		toggle(h, action, k)
	}
}

// isOwn reports whether one is signed in with a key.
func isOwn(h *page.Host, k api.Key) bool { return k.ID == h.Session.Who.KeyID }

// toggle enables or disables a key; both can be undone, so nobody is asked.
func toggle(h *page.Host, action state.Action, k api.Key) {
	session := h.Session
	page.Attempt(h, func(ctx context.Context) error { return session.Do(ctx, action, k, false) }, func(err error) {
		switch {
		case err == nil:
			h.Done(h.Words.T(string(action)+".done", "name", k.Name), action.Undo(k))
			h.Changed()
		case state.Explain(err).Kind == state.KindLastAdmin:
			showForced(h, action, k, err)
		default:
			h.ShowError(err)
		}
	})
}
