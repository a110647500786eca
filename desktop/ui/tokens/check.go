package tokens

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
)

// permissions are what a token can be asked for; the first means any.
var permissions = []string{"", "read", "write", "ingest", "manage"}

// checkForm asks for a token, and for what it shall be used.
type checkForm struct {
	host       *page.Host
	modal      *kit.Modal
	token      *kit.Input
	permission *kit.Choice
	endpoint   *kit.Input
	button     *kit.Button
}

// Check asks for a token and says whether it would be let in, and if not why.
func Check(h *page.Host) {
	w := h.Words
	m := h.NewModal(w.T("verify.title"), w.T("verify.what"), 520)
	f := &checkForm{host: h, modal: m, token: kit.NewSecretInput(m.Keys()), endpoint: kit.NewInput(m.Keys())}
	f.endpoint.SetPlaceHolder(w.T("verify.any-endpoint"))
	names := []string{w.T("verify.any")}
	for _, p := range permissions[1:] {
		names = append(names, words.Alone(w.T("permission."+p)))
	}
	f.permission = kit.NewChoice(names, m.Keys(), nil)
	f.permission.SetSelectedIndex(0)
	endpoint, offers := forms.Offering(h, f.endpoint, m.Keys())
	forms.ReadEndpoints(h, offers)
	m.Add(
		kit.NewField(w.T("verify.token"), f.token, "").Object,
		kit.Halves(
			kit.NewField(w.T("verify.permission"), f.permission, "").Object,
			kit.NewField(w.T("refused.by-endpoint"), endpoint, "").Object),
	)
	f.button = kit.Primary(w.T("verify.button"), "", m.Keys(), f.run)
	f.token.OnSubmitted = func(string) { f.run() }
	f.endpoint.OnSubmitted = f.token.OnSubmitted
	m.OnClosed = f.token.Forget
	m.Actions(kit.NewButton(w.T("common.close"), "", m.Keys(), m.Close), f.button)
	m.Show(f.token)
}

// run asks the server.
func (f *checkForm) run() {
	h, session := f.host, f.host.Session
	request := api.VerifyRequest{
		Token:      strings.TrimSpace(f.token.Text),
		Permission: permissions[f.permission.SelectedIndex()],
		Endpoint:   strings.TrimSpace(f.endpoint.Text),
	}
	if request.Token == "" {
		h.Window.Canvas().Focus(f.token)
		return
	}
	f.button.Disable()
	page.InBackground(h, func(ctx context.Context) (*api.VerifyResponse, error) {
		return session.Verify(ctx, request)
	}, func(r *api.VerifyResponse, err error) {
		f.button.Enable()
		if err != nil {
			f.modal.Warn(h.Explain(err).Alert())
			return
		}
		f.modal.Warn(verdict(h, r))
	})
}

// verdict says what a server thinks of a token. A reason that there are no words
// for is shown in the server's words.
func verdict(h *page.Host, r *api.VerifyResponse) fyne.CanvasObject {
	w := h.Words
	if r.Valid && r.Key != nil {
		return container.NewBorder(nil, nil, kit.Padded(0, 8, 0, 0, kit.IconImage("check", kit.ColorGood, 18)), nil,
			kit.NewLabel(w.T("verify.valid", "name", r.Key.Name, "role", r.Key.Role.String())).Cut(60))
	}
	text := "verify.code." + r.Code
	if w.T(text) == text {
		return kit.Alert(true, w.T("verify.refused"), r.Reason)
	}
	return kit.Alert(true, w.T("verify.refused"), w.T(text))
}
