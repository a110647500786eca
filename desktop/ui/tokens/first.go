package tokens

import (
	"context"
	"time"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// How often the server is asked for the first request with a token, and how long: the dialog may stay open over night.
const (
	firstEvery    = 1500 * time.Millisecond
	firstPatience = 30 * time.Minute
)

// first waits for the first request with a new token, and shows it arriving. It waits on while what comes is refused,
// or not served by what is behind the gate.
type first struct {
	dialog  *dialog
	key     string
	token   string
	until   time.Time
	said    *kit.Paragraph
	stopped bool
	stop    func()
}

// newFirst says it next to the buttons of a dialog.
func newFirst(d *dialog, key api.Key) *first {
	f := &first{dialog: d, key: key.ID, token: key.ID, said: kit.Note("", kit.ColorMuted), stop: func() {}}
	if n := len(key.Tokens); n > 0 {
		f.token = key.Tokens[n-1].ID
	}
	f.until = d.host.Words.Now().Add(firstPatience)
	f.say(d.host.Words.T("test.waiting"), kit.ColorMuted)
	d.modal.Say(f.said)
	return f
}

// look asks what has come, and looks again after a while unless a request was served.
func (f *first) look() {
	h := f.dialog.host
	session := h.Session
	page.InBackground(h, func(ctx context.Context) (state.First, error) {
		return session.First(ctx, f.key, f.token)
	}, func(seen state.First, err error) {
		if f.stopped {
			return
		}
		if err == nil { // otherwise the server is away, which the window says; it may come back
			f.show(seen)
			if seen.Served() {
				return
			}
		}
		if h.Words.Now().Before(f.until) {
			f.stop = h.Loop.After(firstEvery, f.look)
		}
	})
}

// end waits no longer.
func (f *first) end() {
	f.stopped = true
	f.stop()
}

// show says what has come.
func (f *first) show(seen state.First) {
	w := f.dialog.host.Words
	switch {
	case seen.Served():
		f.say(w.T("test.arrived", "at", w.Clock(seen.At))+" "+sender(w, seen), kit.ColorGood)
	case !seen.At.IsZero():
		f.say(w.T("test.fault", "at", w.Clock(seen.At))+" "+forms.Fault(w, *seen.Client)+" "+w.T("test.goes-on"),
			kit.ColorBad)
	case seen.Refused != nil:
		f.say(refusal(w, *seen.Refused), kit.ColorBad)
	}
}

func (f *first) say(text string, color fyne.ThemeColorName) {
	f.said.Set(text, color)
	if f.dialog.modal.Open() {
		f.dialog.modal.Relayout()
	}
}

// sender says who sent the first request, as far as is known.
func sender(w *words.Words, seen state.First) string {
	if seen.Client == nil {
		return forms.Whose(w, api.KeyClient{Address: seen.From})
	}
	return forms.Whose(w, *seen.Client)
}

// refusal says that a request was refused, why, and what helps.
func refusal(w *words.Words, d api.Denial) string {
	said := w.T("test.refused", "at", w.Clock(d.At), "code", forms.CodeName(w, apikey.Code(d.Code)))
	if step := state.NextStep(d); step != "" {
		said += " " + w.T("refused.next."+step)
	}
	return said
}
