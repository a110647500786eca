package tokens

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// findings are what was found out about a token: a verdict, and whether it is let in at each endpoint.
func (f *checkForm) findings(q state.Question, found *state.Findings) []fyne.CanvasObject {
	w := f.host.Words
	parts := []fyne.CanvasObject{f.verdict(found)}
	if len(found.At) == 0 && found.Asked == nil {
		return parts
	}
	lines := kit.Column(0)
	if a := found.Asked; a != nil {
		lines.Add(outcome(w, q.Request.Method+" "+q.Request.Path, leadsTo(w, a), *a))
	}
	for _, at := range found.At {
		lines.Add(outcome(w, at.Endpoint.Name, strings.Join(at.Endpoint.Paths, ", "), at.Verdict))
	}
	return append(parts, kit.Column(6, kit.Bold(w.T("verify.where")), lines))
}

// leadsTo says where a request leads, and what it takes there; nothing if it leads nowhere.
func leadsTo(w *words.Words, v *api.VerifyResponse) string {
	switch v.Permission {
	case "":
		return ""
	case api.RequireNone:
		return w.T("verify.open", "endpoint", v.Endpoint)
	}
	return w.T("verify.takes", "endpoint", v.Endpoint, "permission", w.T("permission."+v.Permission))
}

// verdict says whose a token is, and why it is refused where it is not let in.
func (f *checkForm) verdict(found *state.Findings) fyne.CanvasObject {
	w, k := f.host.Words, found.Key
	if found.IsLetIn() && k != nil {
		title := w.T("verify.valid", "name", k.Name, "role", k.Role.String())
		return kit.Box("check", kit.ColorGood, kit.ColorGoodTint, title, f.whose(k))
	}
	title, refused := w.T("verify.refused"), found.Overall
	if found.Asked != nil && found.Somewhere() {
		title, refused = w.T("verify.request-refused"), *found.Asked
	}
	parts := []fyne.CanvasObject{kit.BoxText(meaning(w, refused))}
	if k == nil {
		k = found.Resembles
	}
	if found.Resembles != nil {
		parts = append(parts, kit.BoxText(w.T("verify.resembles", "name", found.Resembles.Name)))
	}
	if k != nil {
		parts = append(parts, f.whose(k))
	}
	return kit.Box("warn", kit.ColorBad, kit.ColorBadTint, title, parts...)
}

// whose describes the key of a token, and leads to it.
func (f *checkForm) whose(k *api.Key) fyne.CanvasObject {
	w := f.host.Words
	pill := kit.NewPill("", "", "")
	forms.SetState(pill, w, k.State)
	expires := w.T("time.never-expires")
	if k.ExpiresAt != nil {
		expires = w.Moment(*k.ExpiresAt)
	}
	about := []string{w.Said(w.T("key.expires"), expires)}
	if k.Owner != "" {
		about = append(about, w.T("verify.owner", "owner", k.Owner))
	}
	if len(k.Tenants) > 0 {
		tenants := strings.Join(k.Tenants, ", ")
		if k.Tenants[0] == apikey.AnyTenant {
			tenants = w.T("key-form.any-tenant")
		}
		about = append(about, w.T("verify.tenants", "tenants", tenants))
	}
	show := kit.NewButton(w.T("verify.to-key"), "key", f.modal.Keys(), func() {
		f.modal.End()
		f.host.ShowKey(k.ID)
	})
	said := kit.BoxText(strings.Join(about, "\n"))
	return kit.Column(8, kit.Row(8, pill, kit.Bold(k.Name)), said, container.NewHBox(show))
}

// meaning says why a token is refused, and what helps. A code that is newer than this program appears in the server's
// words.
func meaning(w *words.Words, v api.VerifyResponse) string {
	text := "verify.code." + v.Code
	if said := w.T(text); said != text {
		return said
	}
	return strings.TrimSpace(forms.CodeName(w, apikey.Code(v.Code)) + "\n" + w.FromServer(v.Reason))
}

// outcome says whether a token is let in somewhere, and if not why.
func outcome(w *words.Words, name, about string, v api.VerifyResponse) fyne.CanvasObject {
	text, color, icon := w.T("verify.let-in"), kit.ColorGood, "check"
	if !v.Valid {
		text, color, icon = forms.CodeName(w, apikey.Code(v.Code)), kit.ColorBad, "close"
	}
	said := kit.NewLabel(text).Cut(60)
	said.Color = color
	mark := kit.Padded(0, 6, 0, 0, container.NewVBox(kit.IconImage(icon, color, 15)))
	right := kit.Column(2, container.NewBorder(nil, nil, mark, nil, said))
	if !v.Valid && v.Reason != "" {
		right.Add(kit.Note(w.FromServer(v.Reason), kit.ColorMuted))
	}
	left := kit.Column(2, kit.NewLabel(name).Cut(60), kit.Note(about, kit.ColorMuted))
	return kit.Column(0, kit.Hairline(), kit.Padded(8, 0, 8, 0, kit.Halves(left, right)))
}
