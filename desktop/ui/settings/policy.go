package settings

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// policyForm shows the limits of the open server for new keys, and changes those that it lets be changed here.
type policyForm struct {
	host           *page.Host
	usual, longest *kit.Input
	usualField     *kit.Field
	longestField   *kit.Field
	roles          map[apikey.Role]*kit.Check
	rolesField     *kit.Field
	trouble        *fyne.Container // what went wrong that no field is to blame for
	save           *kit.Button
	beside         *state.PolicyEditing
	first          string // what the fields held when they were shown
	object         *fyne.Container
}

func newPolicyForm(h *page.Host) *policyForm {
	f := &policyForm{host: h, object: kit.Column(14, kit.NewParagraph(h.Words.T("common.loading"), kit.ColorMuted))}
	session := h.Session
	page.InBackground(h, session.ReadPolicy, func(p *api.Policy, err error) {
		switch {
		case session != h.Session:
		case err != nil:
			f.object.Objects = []fyne.CanvasObject{h.Explain(err).Alert()}
			f.object.Refresh()
		default:
			f.show(*p)
		}
	})
	return f
}

// show draws what the server has.
func (f *policyForm) show(p api.Policy) {
	f.host.Session.TakePolicy(p)
	f.beside = f.host.Session.EditingPolicy(p)
	f.object.RemoveAll()
	if len(p.Editable) == 0 {
		f.facts(p)
	} else {
		f.fields(p)
	}
	f.object.Refresh()
	f.host.Window.Content().Refresh()
}

// facts are the limits of a server that lets none be changed here.
func (f *policyForm) facts(p api.Policy) {
	w := f.host.Words
	usual, most := w.T("time.never-expires"), w.T("policy.no-limit")
	if p.DefaultTTL > 0 {
		usual = w.Span(state.Seconds(p.DefaultTTL))
	}
	if p.MaxTTL > 0 {
		most = w.Span(state.Seconds(p.MaxTTL))
	}
	for _, fact := range [][2]string{
		{"policy.default", usual}, {"policy.max", most}, {"policy.roles", strings.Join(roleNames(p.Roles), ", ")},
	} {
		f.object.Add(kit.Column(2, kit.Caption(w.T(fact[0])), kit.NewParagraph(fact[1], kit.Plain)))
	}
	f.object.Add(kit.NewParagraph(w.T("settings.where")+". "+w.T("settings.where-text"), kit.ColorMuted))
}

func roleNames(roles []apikey.Role) (names []string) {
	for _, r := range roles {
		names = append(names, r.String())
	}
	return names
}

// fields are those that can be changed, and greyed those that stand in the server's configuration.
func (f *policyForm) fields(p api.Policy) {
	h, w := f.host, f.host.Words
	fixed := func(name string) bool { return !slices.Contains(p.Editable, name) }
	input := func(name string, seconds int64) *kit.Input {
		in := kit.NewInput(h.Keys())
		if in.Text = apikey.FormatTTL(state.Seconds(seconds)); seconds == 0 && name == apikey.PolicyMaxTTL {
			in.Text = "0"
		}
		in.OnSubmitted = func(string) { f.submit(p) }
		if fixed(name) {
			in.Disable()
		}
		return in
	}
	f.usual, f.longest = input(apikey.PolicyDefaultTTL, p.DefaultTTL), input(apikey.PolicyMaxTTL, p.MaxTTL)
	f.usualField = kit.NewField(w.T("policy.default"), f.usual, w.T("policy.form"))
	f.longestField = kit.NewField(w.T("policy.max"), f.longest, w.T("policy.max-help"))
	f.roles = map[apikey.Role]*kit.Check{}
	boxes := kit.Row(16)
	for _, r := range apikey.Roles() {
		f.roles[r] = kit.NewTickedCheck(r.String(), h.Keys(), slices.Contains(p.Roles, r), nil)
		if fixed(apikey.PolicyRoles) {
			f.roles[r].Disable()
		}
		boxes.Add(f.roles[r])
	}
	f.rolesField = kit.NewField(w.T("policy.roles"), boxes, "")
	f.save = kit.Primary(w.T("policy.save"), "", h.Keys(), func() { f.submit(p) })
	f.object.Add(kit.Halves(f.usualField.Object, f.longestField.Object))
	f.object.Add(f.rolesField.Object)
	if len(p.Editable) < 3 {
		f.object.Add(kit.NewParagraph(w.T("settings.where-part"), kit.ColorMuted))
	}
	f.trouble = container.NewStack()
	f.trouble.Hide()
	f.object.Add(f.trouble)
	f.object.Add(container.NewHBox(f.save))
	f.first = f.typed()
}

// typed is what the fields hold.
func (f *policyForm) typed() string {
	parts := []string{f.usual.Text, f.longest.Text}
	for _, r := range apikey.Roles() {
		parts = append(parts, strconv.FormatBool(f.roles[r].Checked))
	}
	return strings.Join(parts, "\n")
}

// changed reports whether something was changed in the fields that is not saved.
func (f *policyForm) changed() bool { return f.usual != nil && f.typed() != f.first }

// submit checks the fields as the server does, and has it change its policy.
func (f *policyForm) submit(p api.Policy) {
	h, session := f.host, f.host.Session
	want, ok := f.wanted(p)
	h.Window.Content().Refresh() // what is wrong takes room
	if !ok || session == nil {
		return
	}
	f.save.Disable()
	page.InBackground(h, func(ctx context.Context) (*api.Policy, error) {
		return f.beside.Save(ctx, want)
	}, func(now *api.Policy, err error) {
		f.save.Enable()
		if err != nil {
			f.fail(err)
			return
		}
		h.Toasts.Good(h.Words.T("policy.saved"))
		f.show(*now)
	})
}

// fail shows what went wrong, at its field where there is one.
func (f *policyForm) fail(err error) {
	t := f.host.Explain(err)
	placed := false
	for name, field := range map[string]*kit.Field{
		apikey.PolicyDefaultTTL: f.usualField, apikey.PolicyMaxTTL: f.longestField, apikey.PolicyRoles: f.rolesField,
	} {
		if wrong, ok := t.Fields[name]; ok {
			field.Fail(wrong)
			placed = true
		}
	}
	if !placed {
		f.trouble.Objects = []fyne.CanvasObject{t.Alert()}
	}
	kit.Display(f.trouble, !placed)
	f.host.Window.Content().Refresh()
}

// wanted is the policy as the fields say it; false if something is wrong with them, which they say.
func (f *policyForm) wanted(p api.Policy) (want api.Policy, ok bool) {
	w := f.host.Words
	usual, usualWrong := f.span(f.usual)
	longest, longestWrong := f.span(f.longest)
	if usualWrong == "" && longest > 0 && (usual == 0 || usual > longest) {
		usualWrong = w.T("policy.default-too-long", "max", apikey.FormatTTL(longest))
	}
	var roles []apikey.Role
	for _, r := range apikey.Roles() {
		if f.roles[r].Checked {
			roles = append(roles, r)
		}
	}
	rolesWrong := ""
	if len(roles) == 0 {
		rolesWrong = w.T("policy.no-role")
	}
	f.usualField.Fail(usualWrong)
	f.longestField.Fail(longestWrong)
	f.rolesField.Fail(rolesWrong)
	kit.Display(f.trouble, false)
	want = p
	for _, name := range p.Editable {
		switch name {
		case apikey.PolicyDefaultTTL:
			want.DefaultTTL = int64(usual / time.Second)
		case apikey.PolicyMaxTTL:
			want.MaxTTL = int64(longest / time.Second)
		case apikey.PolicyRoles:
			want.Roles = roles
		}
	}
	return want, usualWrong+longestWrong+rolesWrong == ""
}

// span reads a length of time. An empty field would mean never, or no limit: who wants that says so.
func (f *policyForm) span(in *kit.Input) (d time.Duration, wrong string) {
	text := strings.TrimSpace(in.Text)
	d, err := apikey.ParseTTL(text)
	if err != nil || text == "" {
		return 0, f.host.Words.T("policy.not-ttl")
	}
	return d, ""
}
