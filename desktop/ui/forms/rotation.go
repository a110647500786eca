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

// newOverlap makes the field, with what the server offers.
func newOverlap(h *page.Host, k kit.Keys) *overlap {
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
			o.field.Explain(w.T("rotate.no-overlap-help"))
		} else {
			o.field.Explain(w.T("rotate.overlap-help", "time", w.Span(d)))
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

// NewRotation adds the fields to a dialog.
func NewRotation(h *page.Host, m *kit.Modal) *Rotation { return newRotation(h, m, "") }

// NewRotations adds the fields for several keys, each of which can live as long again as it was made to: the request
// has no lifetime then.
func NewRotations(h *page.Host, m *kit.Modal) *Rotation { return newRotation(h, m, asEach) }

func newRotation(h *page.Host, m *kit.Modal, keep string) *Rotation {
	r := &Rotation{overlap: newOverlap(h, m.Keys()), life: newLifetime(h, m.Keys(), keep), modal: m}
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
