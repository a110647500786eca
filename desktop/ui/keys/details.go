package keys

import (
	"reflect"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/pkg/api"
)

const (
	trailLength = 20 // entries of the audit trail in a key's details
)

// details shows one key, its use and its audit trail, or what can be done to
// several. Its parts are made once and show one key after another: a window in
// which a thousand keys were looked at is no bigger than one with ten.
type details struct {
	host   *page.Host
	key    api.Key
	shown  bool // key is
	wanted bool // there is something to show

	nothing fyne.CanvasObject
	one     *keyDetails
	many    *manyDetails
	turn    *kit.Turn // of the three
	root    fyne.CanvasObject
}

func newDetails(h *page.Host) *details {
	w := h.Words
	d := &details{host: h, turn: kit.NewTurn()}
	d.nothing = container.NewCenter(kit.Column(6,
		container.NewCenter(kit.Muted(w.T("details.none"))), container.NewCenter(kit.Caption(w.T("details.hint")))))
	d.one, d.many = newKeyDetails(h, d), newManyDetails(h)
	d.root = kit.Card(d.turn.Object)
	d.none()
	return d
}

func (d *details) object() fyne.CanvasObject { return d.root }

// none says that no key is chosen.
func (d *details) none() {
	d.shown, d.wanted = false, false
	d.turn.To(d.nothing)
}

// several offers what can be done to several keys.
func (d *details) several(keys []*api.Key, unchoose func()) {
	d.shown, d.wanted = false, true
	d.many.show(keys, unchoose)
	d.turn.To(d.many.root)
}

// show shows a key. One that is shown already and has not changed only gets
// its chart and trail read again.
func (d *details) show(k api.Key) {
	same := d.shown && k.ID == d.key.ID
	if !same || !reflect.DeepEqual(k, d.key) {
		d.key, d.shown, d.wanted = k, true, true
		d.one.show(k, same)
		d.turn.To(d.one.root)
		kit.Relayout(d.one.root)
	}
	d.read()
}

// tick reads what changes without a change of the key, and draws the words about
// times that are no longer true.
func (d *details) tick() {
	if d.shown {
		soon, tokens := d.one.soon.Visible(), d.one.tokens.said()
		d.one.show(d.key, true)
		if soon != d.one.soon.Visible() || tokens != d.one.tokens.said() {
			kit.Relayout(d.one.root)
		}
		d.read()
	}
}

// read reads what goes with the key.
func (d *details) read() {
	d.one.readUse()
	d.one.clients.load(func(id string) bool { return d.shown && d.key.ID == id })
	d.one.readTrail()
}
