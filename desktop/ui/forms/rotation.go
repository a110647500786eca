package forms

import (
	"slices"
	"time"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

// overlap is the field for how long the other tokens may keep working after a
// rotation.
type overlap struct {
	pick  *kit.Choice
	field *kit.Field

	offers []int64 // in seconds
}

// newOverlap makes the field, with what the server offers. Texts is where those of the catalogue are that say what
// becomes of the other tokens: of one key, or of many.
func newOverlap(h *page.Host, k kit.Keys, texts string) *overlap {
	w, offers := h.Words, h.Session.Policy.Offers
	o := &overlap{offers: offers.Overlaps}
	options := make([]string, len(o.offers))
	for i, n := range o.offers {
		options[i] = w.Span(state.Seconds(n))
		if n == 0 {
			options[i] = w.T("rotate.none")
		}
	}
	o.pick = kit.NewChoice(options, k, nil)
	o.field = kit.NewField(w.T("rotate.overlap"), o.pick, "")
	o.pick.OnChanged = func(string) {
		if d := o.chosen(); d == 0 {
			o.field.Explain(w.T(texts + ".no-overlap-help"))
		} else {
			o.field.Explain(w.T(texts+".overlap-help", "time", w.Span(d)))
		}
	}
	o.pick.SetSelectedIndex(max(0, slices.Index(o.offers, offers.Overlap)))
	return o
}

func (o *overlap) chosen() time.Duration { return state.Seconds(o.offers[o.pick.SelectedIndex()]) }

// value is the choice as the resource API takes it.
func (o *overlap) value() api.Span { return api.SpanOf(o.chosen()) }

// Rotation is the two fields of a rotation, of one key or of a pool's.
type Rotation struct {
	overlap *overlap
	life    *Lifetime
	modal   *kit.Modal
}

// NewRotation adds the fields for one key to a dialog, and warns of a life that is shorter than what it has.
func NewRotation(h *page.Host, m *kit.Modal, ends *time.Time) *Rotation {
	w, r := h.Words, newRotation(h, m, "rotate", "")
	now := w.T("rotate.now-for-ever")
	if ends != nil {
		now = w.T("rotate.now-until", "at", w.Moment(*ends))
	}
	sooner := kit.Alert(false, w.T("rotate.sooner"), now)
	m.Add(sooner)
	follow := func() {
		kit.Display(sooner, r.life.Now().EndsSooner(ends, w.Now()))
		m.Relayout()
	}
	r.life.OnChanged = follow
	follow()
	return r
}

// NewPoolRotation adds the fields for all keys of a pool.
func NewPoolRotation(h *page.Host, m *kit.Modal) *Rotation {
	return newRotation(h, m, "pool-rotate", "")
}

// NewRotations adds the fields for several keys, each of which can live as long again as it was made to: the request
// has no lifetime then.
func NewRotations(h *page.Host, m *kit.Modal) *Rotation {
	return newRotation(h, m, "pool-rotate", asEach)
}

func newRotation(h *page.Host, m *kit.Modal, texts, keep string) *Rotation {
	r := &Rotation{overlap: newOverlap(h, m.Keys(), texts), life: newLifetime(h, m.Keys(), keep), modal: m}
	m.Add(r.overlap.field.Object, r.life.Field.Object)
	return r
}

// First is the field that gets the focus.
func (r *Rotation) First() *kit.Choice { return r.overlap.pick }

// Request is what the fields ask for; false means that something is wrong, and
// is shown.
func (r *Rotation) Request() (request api.RotateKey, ok bool) {
	if !r.life.Check() {
		r.modal.Relayout()
		return request, false
	}
	request.Overlap = r.overlap.value()
	request.ExpiresIn, request.ExpiresAt = r.life.Value()
	return request, true
}
