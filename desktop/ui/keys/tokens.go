package keys

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/ui/forms"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// tokenList shows the tokens that open with a key, the newest first, and ends
// one alone. Its lines are made once and show one key's after another.
type tokenList struct {
	host   *page.Host
	key    api.Key
	lines  []*tokenLine
	column *fyne.Container
	object fyne.CanvasObject

	sent func(api.Token) (text string, color fyne.ThemeColorName) // who still sends a token
}

func newTokenList(h *page.Host) *tokenList {
	l := &tokenList{host: h, column: kit.Column(10)}
	l.object = kit.Column(8, kit.Bold(h.Words.T("key.tokens")), l.column)
	return l
}

func (l *tokenList) show(k api.Key) {
	l.key = k
	working := state.ActiveTokens(k)
	for len(l.lines) < len(k.Tokens) {
		line := newTokenLine(l)
		l.lines = append(l.lines, line)
		l.column.Add(line.object)
	}
	for i, line := range l.lines {
		at := len(k.Tokens) - 1 - i
		if at >= 0 {
			line.show(k.Tokens[at], working > 1)
		}
		kit.Display(line.object, at >= 0)
	}
}

// said is all that is said about the tokens, whose lines may break elsewhere when
// it changes.
func (l *tokenList) said() string {
	var all strings.Builder
	for _, line := range l.lines {
		all.WriteString(line.about.Text + line.sent.Text)
	}
	return all.String()
}

// tokenLine is one token: how it begins and ends, whether it works, and how it
// was used.
type tokenLine struct {
	list   *tokenList
	token  api.Token
	hint   *kit.Label
	state  *kit.Pill
	end    *kit.Button
	foot   fyne.CanvasObject // with it
	about  *kit.Paragraph
	sent   *kit.Paragraph // who still sends it
	object fyne.CanvasObject
}

func newTokenLine(list *tokenList) *tokenLine {
	h := list.host
	l := &tokenLine{
		list: list, hint: kit.Mono("").Cut(40), state: kit.NewPill("", "", ""), about: kit.Note("", kit.ColorMuted),
		sent: kit.Note("", kit.ColorMuted),
	}
	l.hint.TextSize = 12
	l.end = kit.NewButton(h.Words.T("token.end"), "", h.Keys(), func() { showEndToken(h, list.key, l.token) })
	l.end.Importance = kit.ImportanceBad
	l.foot = kit.Padded(4, 0, 2, 0, container.NewHBox(l.end))
	l.object = kit.Column(2, container.NewBorder(nil, nil, nil, kit.Middle(l.state), l.hint), l.about, l.sent, l.foot)
	return l
}

func (l *tokenLine) show(t api.Token, others bool) {
	w := l.list.host.Words
	l.token = t
	l.hint.SetText(t.Hint)
	forms.SetState(l.state, w, t.State)
	if state.IsReplaced(l.list.key, t) {
		l.state.Set(w.T("state.replaced"), kit.ColorQuiet, kit.ColorQuietTint)
	}
	l.about.Set(aboutToken(w, t), kit.ColorMuted)
	text, color := l.list.sent(t)
	l.sent.Set(text, color)
	kit.Display(l.sent, text != "")
	kit.Display(l.foot, others && t.State == apikey.StateActive) // the last one ends with its key
}

// aboutToken says where a token comes from, when it ends, and how it was used.
func aboutToken(w *words.Words, t api.Token) string {
	made := w.T("token-list.created", "when", w.Relative(t.CreatedAt), "who", t.CreatedBy)
	if state.TakenOver(t.Hint) {
		made = w.Relative(t.CreatedAt) + " " + w.T("key.taken-over", "who", t.CreatedBy)
	}
	parts := []string{made}
	switch {
	case t.State == apikey.StateRevoked && t.EndedAt != nil:
		parts = append(parts, w.T("token-list.ended", "at", w.Moment(*t.EndedAt)))
	case t.State == apikey.StateRevoked:
	case t.ExpiresAt == nil:
		parts = append(parts, w.T("token-list.never-ends"))
	case t.State == apikey.StateExpired:
		parts = append(parts, w.T("token-list.ended", "at", w.Moment(*t.ExpiresAt)))
	default:
		parts = append(parts, w.T("token-list.ends", "when", w.Relative(*t.ExpiresAt), "at", w.Moment(*t.ExpiresAt)))
	}
	used := w.N("usage.requests", int(t.UseCount))
	if t.LastUsedAt != nil {
		used += ", " + w.T("token-list.last-used", "when", w.Relative(*t.LastUsedAt))
	}
	return strings.Join(append(parts, used), " · ")
}

// showEndToken asks whether one token of a key shall end at once.
func showEndToken(h *page.Host, k api.Key, t api.Token) {
	w, session := h.Words, h.Session
	m := h.NewModal(w.T("token.end-title", "name", k.Name), w.T("token.end-consequence", "hint", t.Hint), 480)
	m.Add(kit.Mono(t.Hint).Cut(40), kit.NewParagraph(aboutToken(w, t), kit.ColorMuted))
	var end *kit.Button
	end = kit.Danger(w.T("token.end"), m.Keys(), func() {
		end.Disable()
		page.Attempt(h, func(ctx context.Context) error { return session.EndToken(ctx, k, t.ID) }, func(err error) {
			end.Enable()
			if err != nil {
				m.Warn(h.Explain(err).Alert())
				return
			}
			m.End()
			h.Done(w.T("token.ended", "name", k.Name), state.Undo{})
			h.Changed()
		})
	})
	cancel := kit.NewButton(w.T("common.cancel"), "", m.Keys(), m.Close)
	m.Actions(cancel, end)
	m.Show(cancel)
}
