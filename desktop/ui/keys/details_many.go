package keys

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// manyDetails counts the chosen keys by their states, and offers what can be
// done to all of them.
type manyDetails struct {
	host     *page.Host
	keys     []*api.Key
	unchoose func()

	title   *kit.Label
	counts  map[apikey.State]*kit.Label
	lines   map[apikey.State]fyne.CanvasObject
	buttons map[state.Action]*kit.Button
	root    fyne.CanvasObject
}

func newManyDetails(h *page.Host) *manyDetails {
	d := &manyDetails{
		host: h, title: kit.Heading("").Cut(40), buttons: map[state.Action]*kit.Button{},
		counts: map[apikey.State]*kit.Label{}, lines: map[apikey.State]fyne.CanvasObject{},
	}
	lines := kit.Column(10)
	for _, s := range apikey.States() {
		badge := kit.NewPill("", "", "")
		forms.SetState(badge, h.Words, s)
		d.counts[s] = kit.NewLabel("")
		d.lines[s] = container.NewBorder(nil, nil, badge, d.counts[s])
		lines.Add(d.lines[s])
	}
	buttons := func(actions ...state.Action) fyne.CanvasObject {
		r := container.New(&kit.Fitted{Gap: 8})
		for _, a := range actions {
			b := kit.NewButton(h.Words.T("action."+string(a)), "", h.Keys(), func() { showBulk(h, a, d.keys) })
			if a == state.ActionRevoke || a == state.ActionDelete {
				b.Importance = kit.ImportanceBad
			}
			d.buttons[a] = b
			r.Add(b)
		}
		return r
	}
	more := kit.NewButton(h.Words.T("bulk.more-actions")+"…", "", h.Keys(), nil)
	more.OnTapped = func() {
		at := fyne.NewPos(0, more.Size().Height+2)
		widget.ShowPopUpMenuAtRelativePosition(fyne.NewMenu("", changeMenu(h, d.keys)...), h.Window.Canvas(), at, more)
	}
	clearing := h.IconButton("close", h.Words.T("keys.clear"), func() { d.unchoose() })
	d.root = container.NewBorder(kit.Column(14,
		kit.Padded(16, 16, 0, 16, kit.Column(14,
			container.NewBorder(nil, nil, nil, clearing, d.title),
			kit.Column(8,
				buttons(state.ActionEnable, state.ActionDisable),
				buttons(state.ActionRevoke, state.ActionDelete), more))),
		kit.Hairline()), nil, nil, nil, kit.Padded(14, 0, 0, 0, kit.Scrolled(kit.Padded(0, 16, 16, 16, lines))))
	return d
}

func (d *manyDetails) show(keys []*api.Key, unchoose func()) {
	d.keys, d.unchoose = keys, unchoose
	w, counts := d.host.Words, map[apikey.State]int{}
	for _, k := range keys {
		counts[k.State]++
	}
	d.title.SetText(w.N("keys.chosen", len(keys)))
	for s, l := range d.counts {
		l.SetText(w.Number(int64(counts[s])))
		kit.Display(d.lines[s], counts[s] > 0)
	}
	for a, b := range d.buttons {
		if len(a.Allowing(keys)) == 0 {
			b.Disable()
		} else {
			b.Enable()
		}
	}
}
