package forms

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// Offer is something that a field can be filled with.
type Offer struct {
	Value string
	Text  string // in the menu
}

// Offers is a button at the side of a field, with a menu of what it can be
// filled with. It is not seen while there is nothing.
type Offers struct {
	button *kit.Button
	list   []Offer
	chosen func(value string)
}

func newOffers(h *page.Host, k kit.Keys) *Offers {
	o := &Offers{button: kit.NewButton("", "down", k, nil)}
	o.button.Importance = widget.LowImportance
	o.button.OnTapped = func() {
		var items []*fyne.MenuItem
		for _, offer := range o.list {
			items = append(items, fyne.NewMenuItem(offer.Text, func() { o.chosen(offer.Value) }))
		}
		below := fyne.NewPos(0, o.button.Size().Height+2)
		widget.ShowPopUpMenuAtRelativePosition(fyne.NewMenu("", items...), h.Window.Canvas(), below, o.button)
	}
	o.button.Hide()
	return o
}

// Set offers something else.
func (o *Offers) Set(list []Offer) {
	o.list = list
	kit.Display(o.button, len(list) > 0)
}

// Offering puts offers at the side of a field for one word.
func Offering(h *page.Host, in *kit.Input, k kit.Keys) (fyne.CanvasObject, *Offers) {
	o := newOffers(h, k)
	o.chosen = in.Fill
	return container.NewBorder(nil, nil, nil, o.button, kit.Boxed(in)), o
}

// Many is a labelled field for several words, with offers at its side.
type Many struct {
	*kit.Chips
	Field  *kit.Field
	Offers *Offers
}

// NewMany makes the field in a dialog, which follows its height.
func NewMany(h *page.Host, m *kit.Modal, name, example, help string) *Many {
	o := newOffers(h, m.Keys())
	f := &Many{Chips: kit.NewChips(m.Keys(), o.button), Offers: o}
	f.Input.SetPlaceHolder(example)
	f.OnChanged = m.Relayout
	f.Field = kit.NewField(name, f.Object, help)
	o.chosen = f.Put
	return f
}

// PoolOffers are the pools there are.
func PoolOffers(h *page.Host) (offers []Offer) {
	for _, name := range h.Pools {
		offers = append(offers, Offer{name, name})
	}
	return offers
}

// ReadEndpoints asks the server for the endpoints of its gate, and offers them.
// Without an answer nothing is offered: their names can be typed as well.
func ReadEndpoints(h *page.Host, to *Offers) {
	WithEndpoints(h, func(all []api.Endpoint) { to.Set(EndpointOffers(h, all)) })
}

// WithEndpoints asks the server for the endpoints of its gate, and does something
// with them. Without an answer it does nothing.
func WithEndpoints(h *page.Host, done func([]api.Endpoint)) {
	session := h.Session
	page.InBackground(h, func(ctx context.Context) (*api.EndpointList, error) {
		return session.Gate(ctx)
	}, func(list *api.EndpointList, err error) {
		if err == nil {
			done(list.Endpoints)
		}
	})
}

// EndpointOffers are endpoints, each with what it takes.
func EndpointOffers(h *page.Host, all []api.Endpoint) []Offer {
	offers := make([]Offer, len(all))
	for i, e := range all {
		offers[i] = Offer{e.Name, endpointText(h, e)}
	}
	return offers
}

// endpointText names an endpoint with what it takes.
func endpointText(h *page.Host, e api.Endpoint) string {
	if e.Require == api.RequireNone {
		return e.Name + " – " + h.Words.T("key-form.open-to-all")
	}
	return e.Name + " – " + h.Words.T("permission."+e.Require)
}

// TenantOffers is what stands for any tenant.
func TenantOffers(h *page.Host) []Offer {
	return []Offer{{apikey.AnyTenant, h.Words.T("key-form.any-tenant")}}
}
