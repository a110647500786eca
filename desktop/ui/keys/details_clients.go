package keys

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
)

// clientsShown is how many clients of a key its details list; all of them are in a dialog.
const clientsShown = 5

// clientList shows who uses a key. Its lines are made once and show one key's after another.
type clientList struct {
	host   *page.Host
	key    api.Key
	list   []api.KeyClient
	read   bool      // they are those of key
	readAt time.Time // last, or when that was tried
	uses   int64     // of the key, when they were read
	asking bool      // they are being read, or will be soon
	stop   func()    // the reading that is to come
	lines  []*clientLine
	said   *kit.Paragraph // that there are none, or why they could not be read
	all    *kit.Button
	onRead func() // others are shown now
	object fyne.CanvasObject
}

func newClientList(h *page.Host) *clientList {
	l := &clientList{host: h, stop: func() {}, said: kit.NewParagraph("", kit.ColorMuted)}
	column := kit.Column(10, l.said)
	for range clientsShown {
		line := newClientLine(h.Words)
		l.lines = append(l.lines, line)
		column.Add(line.object)
	}
	l.all = kit.NewButton("", "", h.Keys(), func() { showClients(h, l.key, l.list) })
	column.Add(l.all)
	l.object = kit.Column(8, kit.Bold(h.Words.T("clients.title")), column)
	l.draw()
	return l
}

// show shows who uses a key; same is whether it was shown before. Until they are read, a key that was used says
// nothing.
func (l *clientList) show(k api.Key, same bool) {
	l.key = k
	if !same {
		l.stop()
		l.list, l.read, l.asking, l.readAt = nil, false, false, time.Time{}
		l.said.Set("", kit.ColorMuted)
		l.draw()
	}
	l.tick()
}

// tick draws the words about times again.
func (l *clientList) tick() {
	for i, line := range l.lines {
		if i < len(l.list) {
			line.show(l.list[i])
		}
	}
}

// load reads who uses the key when it is time to; current reports whether a key is still the one that is shown.
func (l *clientList) load(current func(id string) bool) {
	switch {
	case l.asking || l.host.Words.Now().Sub(l.readAt) < l.wait():
		return
	case l.read:
		l.ask(current)
		return
	}
	l.asking = true
	l.stop = l.host.Loop.After(clientsPause, func() { l.ask(current) })
}

// wait is how long what was read holds.
func (l *clientList) wait() time.Duration {
	inUse := l.uses != l.key.UseCount || l.host.Words.Now().Sub(lastSeen(l.list)) < quiet
	if l.read && !inUse {
		return clientsRest
	}
	return clientsEvery
}

func (l *clientList) ask(current func(id string) bool) {
	h, k, session := l.host, l.key, l.host.Session
	if session == nil || !current(k.ID) {
		return
	}
	l.asking = true
	page.InBackground(h, func(ctx context.Context) ([]api.KeyClient, error) {
		return session.Clients(ctx, k.ID)
	}, func(list []api.KeyClient, err error) {
		if l.key.ID != k.ID {
			return
		}
		l.asking, l.readAt = false, h.Words.Now()
		l.took(list, k.UseCount, err)
	})
}

// took shows what was read. What cannot be read again stays as it is.
func (l *clientList) took(list []api.KeyClient, uses int64, err error) {
	h := l.host
	switch {
	case err != nil && !l.read:
		l.said.Set(h.Explain(err).Headline, kit.ColorBad)
		l.draw()
	case err != nil:
	case l.read && slices.Equal(list, l.list):
		l.uses = uses
	default:
		l.list, l.read, l.uses = list, true, uses
		l.said.Set(h.Words.T("clients.none"), kit.ColorMuted)
		l.draw()
		if l.onRead != nil {
			l.onRead()
		}
	}
}

// draw shows the lines that there are.
func (l *clientList) draw() {
	for i, line := range l.lines {
		kit.Display(line.object, i < len(l.list))
	}
	l.tick()
	kit.Display(l.said, len(l.list) == 0 && l.said.Text != "")
	kit.Display(l.all, len(l.list) > clientsShown)
	l.all.SetText(l.host.Words.T("rules.all", "n", l.host.Words.Number(int64(len(l.list)))))
}

// clientLine is one who uses a key.
type clientLine struct {
	words  *words.Words
	where  *kit.Label
	when   *kit.Label
	about  *kit.Paragraph
	object *fyne.Container
}

func newClientLine(w *words.Words) *clientLine {
	l := &clientLine{words: w, where: kit.NewLabel("").Cut(40), when: kit.Caption(""),
		about: kit.Note("", kit.ColorMuted)}
	l.object = kit.Column(1, lineOf(l.where, l.when), l.about)
	l.object.Hide()
	return l
}

func (l *clientLine) show(c api.KeyClient) {
	w := l.words
	l.where.SetText(addressOf(w, c))
	if when := w.Relative(c.LastAt); when != l.when.Text {
		l.when.SetText(when)
		kit.Relayout(l.object) // it may be wider now
	}
	color := kit.ColorMuted
	if c.Fault != 0 {
		color = kit.ColorWarn
	}
	l.about.Set(aboutClient(w, c), color)
}

// addressOf is where a client is.
func addressOf(w *words.Words, c api.KeyClient) string {
	if c.Address == "" {
		return words.Alone(w.T("clients.unknown"))
	}
	return c.Address
}

// aboutClient says what somebody sends, and how often.
func aboutClient(w *words.Words, c api.KeyClient) string {
	var parts []string
	for _, part := range []string{c.UserAgent, c.Endpoint, c.Tenant} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	parts = append(parts, w.N("usage.requests", int(c.Requests)))
	if c.Denied > 0 {
		parts = append(parts, w.T("overview.refused", "n", w.Number(c.Denied)))
	}
	if c.Fault != 0 {
		parts = append(parts, w.T("clients.fault", "fault", strconv.Itoa(c.Fault)))
	}
	return strings.Join(parts, " · ")
}

// whoSends says who still sends a token that another has taken the place of, and whether it may end. It is empty for
// the newest token, and while nobody knows.
func (l *clientList) whoSends(t api.Token) (text string, color fyne.ThemeColorName) {
	w := l.host.Words
	if !l.read {
		return "", kit.ColorMuted
	}
	switch r := state.ReplacedToken(l.key, t, l.list, w.Now()); r.Use {
	case state.UseStill:
		return w.T("clients.still", "who", senders(w, r)), kit.ColorWarn
	case state.UseQuiet:
		return w.T("clients.quiet", "at", w.Moment(r.LastAt)) + " " + w.T("clients.old-wait"), kit.ColorMuted
	case state.UseOver:
		if r.LastAt.IsZero() {
			return w.T("clients.never"), kit.ColorGood
		}
		return w.T("clients.nobody", "at", w.Moment(r.LastAt)), kit.ColorGood
	case state.UseNewest:
	}
	return "", kit.ColorMuted
}

// senders names those who have sent a token of late.
func senders(w *words.Words, r state.Replaced) string {
	var names []string
	for _, c := range r.Late {
		if where := addressOf(w, c); !slices.Contains(names, where) {
			names = append(names, where)
		}
	}
	switch n := len(names); {
	case n == 0:
		return w.T("clients.unknown")
	case n > 2:
		return strings.Join(names[:2], ", ") + " " + w.T("clients.further", "n", w.Number(int64(n-2)))
	}
	return strings.Join(names, ", ")
}
