package connections

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
)

// fingerprint shows a fingerprint in two lines.
func fingerprint(hexadecimal string) fyne.CanvasObject {
	grouped := state.GroupFingerprint(hexadecimal)
	half := (len(grouped) + 1) / 2
	first, second := kit.Mono(strings.TrimSuffix(grouped[:half], ":")), kit.Mono(grouped[half:])
	first.TextSize, second.TextSize = 12, 12
	return kit.Column(2, first.Cut(60), second.Cut(60))
}

// TrustFirst is for the first contact with a server that nobody known vouches for: it shows the certificate in one
// dialog, and once that is trusted the connection is kept with it, and opened.
func TrustFirst(h *page.Host, c state.Connection, why error) {
	look(h, c, why, h.ShowError, func(trusted state.Connection) { keepTrusted(h, trusted) })
}

// TrustAgain is for a server that shows another certificate than the one that is trusted.
func TrustAgain(h *page.Host, c state.Connection) {
	look(h, c, nil, h.ShowError, func(trusted state.Connection) { keepTrusted(h, trusted) })
}

// keepTrusted keeps a connection with the certificate that was looked at, and opens it.
func keepTrusted(h *page.Host, c state.Connection) {
	page.Attempt(h, func(context.Context) error {
		_, err := h.App.Save(c, "")
		return err
	}, func(err error) {
		if err != nil {
			h.Toasts.Show(h.Words.T("settings.not-saved", "why", err.Error()), kit.ToastBad)
		}
		h.Connect(c, "")
	})
}

// look fetches the certificate that a server shows, and asks whether to trust it. Why is what is wrong with it, or nil.
func look(h *page.Host, c state.Connection, why error, failed func(error), trusted func(state.Connection)) {
	page.InBackground(h, func(ctx context.Context) (*state.Certificate, error) {
		return state.Inspect(ctx, c)
	}, func(seen *state.Certificate, err error) {
		if err != nil {
			failed(err)
			return
		}
		askTrust(h, c, seen, why, trusted)
	})
}

// askTrust shows a certificate, and the one that was trusted before if it is another.
func askTrust(
	h *page.Host, c state.Connection, seen *state.Certificate, why error, trusted func(state.Connection),
) {
	w := h.Words
	text, changed := w.T("pin.ask"), c.Fingerprint != "" && c.Fingerprint != seen.Fingerprint
	if changed {
		text = w.T("pin.ask-changed")
	}
	m := h.NewModal(w.T("pin.title", "host", c.Host()), text, 540)
	if why != nil {
		m.Add(kit.Alert(false, h.Explain(why).Headline, ""))
	}
	line := func(key, value string) fyne.CanvasObject {
		return kit.Column(2, kit.Caption(w.T(key)), kit.NewLabel(value).Cut(40))
	}
	m.Add(
		line("pin.subject", seen.Subject), line("pin.issuer", seen.Issuer),
		line("pin.names", strings.Join(seen.Names, ", ")), line("pin.until", w.Moment(seen.NotAfter)),
	)
	show := func(key, hexadecimal string) {
		m.Add(kit.Column(2, kit.Caption(w.T(key)), fingerprint(hexadecimal)))
	}
	if changed {
		show("pin.was", c.Fingerprint)
		show("pin.is", seen.Fingerprint)
	} else {
		show("pin.fingerprint", seen.Fingerprint)
	}
	trust := kit.Primary(w.T("pin.trust"), "", m.Keys(), func() {
		m.End()
		trusted(c.Pinned(seen))
	})
	cancel := kit.NewButton(w.T("pin.do-not-trust"), "", m.Keys(), m.Close)
	m.Actions(cancel, trust)
	m.Show(cancel)
}
