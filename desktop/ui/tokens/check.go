package tokens

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
)

// permissions are what a token can be asked for; the first means any.
var permissions = []string{"", "read", "write", "ingest", "manage"}

// Check asks for a token and says whether it would be let in, and if not
// why.
func Check(h *page.Host) {
	w, session := h.Words, h.Session
	m := h.NewModal(w.T("verify.title"), w.T("verify.what"), 520)
	token, endpoint := kit.NewSecretInput(m.Keys()), kit.NewInput(m.Keys())
	endpoint.SetPlaceHolder(w.T("verify.any-endpoint"))
	names := []string{w.T("verify.any")}
	for _, p := range permissions[1:] {
		names = append(names, words.Alone(w.T("permission."+p)))
	}
	permission := kit.NewChoice(names, m.Keys(), nil)
	permission.SetSelectedIndex(0)
	m.Add(kit.NewField(w.T("verify.token"), token, "").Object,
		kit.Halves(kit.NewField(w.T("verify.permission"), permission, "").Object, kit.NewField(w.T("verify.endpoint"), endpoint, "").Object))
	var check *kit.Button
	check = kit.Primary(w.T("verify.button"), "", m.Keys(), func() {
		request := api.VerifyRequest{
			Token: strings.TrimSpace(token.Text), Permission: permissions[permission.SelectedIndex()], Endpoint: strings.TrimSpace(endpoint.Text),
		}
		if request.Token == "" {
			h.Window.Canvas().Focus(token)
			return
		}
		check.Disable()
		page.InBackground(h, func(ctx context.Context) (*api.VerifyResponse, error) {
			return session.Verify(ctx, request)
		}, func(r *api.VerifyResponse, err error) {
			check.Enable()
			if err != nil {
				m.Warn(h.Explain(err).Alert())
				return
			}
			m.Warn(verdict(h, r))
		})
	})
	token.OnSubmitted = func(string) { check.OnTapped() }
	endpoint.OnSubmitted = token.OnSubmitted
	m.OnClosed = token.Forget
	m.Actions(kit.NewButton(w.T("common.close"), "", m.Keys(), m.Close), check)
	m.Show(token)
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
