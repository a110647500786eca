package connections

import (
	"time"

	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
)

const KeyringPatience time.Duration = keyringPatience

var (
	Trusts = trusts
	Remove = remove
)

// AskTrust asks whether a certificate shall be trusted.
func AskTrust(h *page.Host, c state.Connection, seen *state.Certificate, why error) {
	askTrust(h, c, seen, why, func(state.Connection) {})
}
