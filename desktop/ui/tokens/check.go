package tokens

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
)

// permissions are what a token can be asked for; the first means any.
var permissions = []string{"", "read", "write", "ingest", "manage"}

// checkForm asks for a token, and for what it shall be used.
type checkForm struct {
	host       *page.Host
	modal      *kit.Modal
	token      *kit.Input
	permission *kit.Choice
	address    *kit.Input
	request    *kit.Input
	addresses  *kit.Field
	requests   *kit.Field
	result     *fyne.Container
	button     *kit.Button
	turn       int // raised by each change of the fields, so that late answers are dropped
}

// Check asks for a token, and says whose it is and where it would be let in, and if not why. The token is kept nowhere.
func Check(h *page.Host) {
	w := h.Words
	m := h.NewModal(w.T("verify.whose"), w.T("verify.what"), 640)
	input := func(example string) *kit.Input {
		in := kit.NewInput(m.Keys())
		in.SetPlaceHolder(example)
		return in
	}
	f := &checkForm{host: h, modal: m, token: kit.NewSecretInput(m.Keys()), address: input("10.0.0.7"),
		request: input("POST /loki/api/v1/push"), result: kit.Column(14)}
	names := []string{w.T("verify.any")}
	for _, p := range permissions[1:] {
		names = append(names, words.Alone(w.T("permission."+p)))
	}
	f.permission = kit.NewChoice(names, m.Keys(), nil)
	f.permission.SetSelectedIndex(0)
	f.permission.OnChanged = func(string) { f.changed() }
	for _, in := range []*kit.Input{f.token, f.address, f.request} {
		in.OnChanged = func(string) { f.changed() }
		in.OnSubmitted = func(string) { f.run() }
	}
	f.addresses = kit.NewField(w.T("verify.address"), f.address, "")
	f.requests = kit.NewField(w.T("verify.request"), f.request, "")
	m.Add(
		kit.NewField(w.T("verify.token"), f.token, "").Object,
		kit.Halves(kit.NewField(w.T("verify.permission"), f.permission, "").Object, f.addresses.Object),
		f.requests.Object, f.result)
	f.result.Hide()
	f.button = kit.Primary(w.T("verify.button"), "", m.Keys(), f.run)
	m.OnClosed = f.token.Forget
	m.Actions(kit.NewButton(w.T("common.close"), "", m.Keys(), m.Close), f.button)
	m.Show(f.token)
}

// changed takes away what was said of something else.
func (f *checkForm) changed() {
	f.turn++
	f.button.Enable()
	f.show()
}

// show shows what was found out, or nothing.
func (f *checkForm) show(parts ...fyne.CanvasObject) {
	if len(parts) == 0 && !f.result.Visible() {
		return
	}
	f.result.Objects = parts
	kit.Display(f.result, len(parts) > 0)
	f.modal.Warn(nil)
}

// question is what the fields ask; it is not ok, and they say why, if one of them is wrong.
func (f *checkForm) question() (q state.Question, ok bool) {
	w := f.host.Words
	request, good := state.ReadRequest(f.request.Text)
	f.requests.Fail("")
	if !good {
		f.requests.Fail(w.T("verify.no-request"))
	}
	f.addresses.Fail("")
	if !state.IsAddress(f.address.Text) {
		f.addresses.Fail(w.T("verify.one-address"))
		good = false
	}
	f.modal.Relayout()
	return state.Question{
		Token: state.TokenIn(f.token.Text), Permission: permissions[f.permission.SelectedIndex()],
		Address: strings.TrimSpace(f.address.Text), Request: request,
	}, good
}

// run asks the server.
func (f *checkForm) run() {
	h, session := f.host, f.host.Session
	q, ok := f.question()
	switch {
	case q.Token == "":
		h.Window.Canvas().Focus(f.token)
		return
	case !ok || f.button.Disabled():
		return
	}
	f.button.Disable()
	turn := f.turn
	page.InBackground(h, func(ctx context.Context) (*state.Findings, error) {
		return session.Examine(ctx, q)
	}, func(found *state.Findings, err error) {
		if turn != f.turn || !f.modal.Open() {
			return
		}
		f.button.Enable()
		if err != nil {
			f.show()
			f.modal.Warn(h.Explain(err).Alert())
			return
		}
		f.show(f.findings(q, found)...)
	})
}
