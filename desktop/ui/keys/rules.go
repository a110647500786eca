package keys

import (
	"cmp"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/ui/page"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/api"
)

// rulesShown is to how many places a key is sent that its details list; all of them are in a dialog.
const rulesShown = 4

// ruleDays is how many days a place's small chart has.
const ruleDays = 14

// ruleList shows to which endpoints and paths a key is sent. Its lines are made once and show one key's after another.
type ruleList struct {
	host   *page.Host
	key    api.Key
	use    *api.KeyUsage // nil = not known
	lines  []*ruleLine
	all    *kit.Button
	object fyne.CanvasObject
}

func newRuleList(h *page.Host) *ruleList {
	l := &ruleList{host: h}
	column := kit.Column(10, kit.Bold(h.Words.T("rules.title")))
	for range rulesShown {
		line := newRuleLine(h.Words)
		l.lines = append(l.lines, line)
		column.Add(line.object)
	}
	l.all = kit.NewButton("", "", h.Keys(), func() { showRules(h, l.key, l.use) })
	column.Add(l.all)
	l.object = column
	l.object.Hide()
	return l
}

// show shows what is known of a key; nil is nothing.
func (l *ruleList) show(k api.Key, use *api.KeyUsage) {
	l.key, l.use = k, use
	var rules []api.RuleUsage
	if use != nil {
		rules = use.Rules
	}
	for i, line := range l.lines {
		if i < len(rules) {
			line.show(rules[i], use.Days)
		}
		kit.Display(line.object, i < len(rules))
	}
	if len(rules) > rulesShown {
		l.all.SetText(l.host.Words.T("rules.all", "n", l.host.Words.Number(int64(len(rules)))))
	}
	kit.Display(l.all, len(rules) > rulesShown)
	kit.Display(l.object, len(rules) > 0)
}

// ruleLine is one place to which a key is sent.
type ruleLine struct {
	words   *words.Words
	request *kit.Label
	about   *kit.Paragraph
	trend   *kit.Spark
	object  fyne.CanvasObject
}

func newRuleLine(w *words.Words) *ruleLine {
	l := &ruleLine{words: w, request: kit.Mono("").Cut(40), about: kit.Note("", kit.ColorMuted), trend: kit.NewSpark()}
	l.request.TextSize = 12
	l.object = kit.Column(3, lineOf(l.request, l.trend), l.about)
	return l
}

// show shows a place; days are those of the key's use.
func (l *ruleLine) show(r api.RuleUsage, days []api.DayUsage) {
	w := l.words
	request := strings.TrimSpace(r.Method + " " + r.Path)
	l.request.SetText(cmp.Or(request, r.Endpoint, "–"))
	parts := []string{w.T("overview.let-in", "n", w.Number(r.Allowed))}
	if r.Denied > 0 {
		parts = append(parts, w.T("overview.refused", "n", w.Number(r.Denied)))
	}
	if request != "" && r.Endpoint != "" {
		parts = append([]string{r.Endpoint}, parts...)
	}
	if r.AllowedAt != nil {
		parts = append(parts, w.Relative(*r.AllowedAt))
	}
	l.about.Set(strings.Join(parts, " · "), kit.ColorMuted)
	allowed, denied := ruleTrend(r, days)
	l.trend.Set(allowed, denied, inWords(w, allowed, denied))
}

// ruleTrend is how often a key was let in and refused at a place on each of the last days.
func ruleTrend(r api.RuleUsage, days []api.DayUsage) (allowed, denied []int64) {
	of := map[string]api.RuleDay{}
	for _, d := range r.Days {
		of[d.Date] = d
	}
	for _, d := range days[max(0, len(days)-ruleDays):] {
		allowed, denied = append(allowed, of[d.Date].Allowed), append(denied, of[d.Date].Denied)
	}
	return allowed, denied
}

// showRules lists all places to which a key was sent.
func showRules(h *page.Host, k api.Key, use *api.KeyUsage) {
	m := h.NewModal(h.Words.T("rules.title"), k.Name, 640)
	for _, r := range use.Rules {
		line := newRuleLine(h.Words)
		line.show(r, use.Days)
		m.Add(line.object)
	}
	shut := kit.Primary(h.Words.T("common.close"), "", m.Keys(), m.Close)
	m.Actions(shut)
	m.Show(shut)
}
