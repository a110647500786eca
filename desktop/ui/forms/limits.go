package forms

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/ostiary/ostiary/desktop/kit"
	"github.com/ostiary/ostiary/desktop/state"
	"github.com/ostiary/ostiary/desktop/words"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// Limits are the fields for how much a key may ask for. An empty one is no
// limit.
type Limits struct {
	Object fyne.CanvasObject
	Fields map[string]*kit.Field // by their names in the API

	words  *words.Words
	inputs []*kit.Input // in the order of state.KeyLimits
}

// NewLimits makes the fields, all empty. Help is for what they are, and what an empty one means.
func NewLimits(w *words.Words, k kit.Keys, help string) *Limits {
	l := &Limits{Fields: map[string]*kit.Field{}, words: w}
	rows := kit.Column(12)
	var left fyne.CanvasObject
	for _, limit := range state.KeyLimits {
		in := kit.NewInput(k)
		in.SetPlaceHolder(w.T("policy.no-limit"))
		example := ""
		if limit.Bytes {
			example = w.T("limits.bytes-example")
		}
		field := kit.NewField(w.T(limit.Text), in, example)
		l.inputs, l.Fields[limit.Field] = append(l.inputs, in), field
		if left == nil {
			left = field.Object
		} else {
			rows.Add(kit.Halves(left, field.Object))
			left = nil
		}
	}
	l.Object = kit.Column(12, kit.Column(4, kit.Bold(w.T("key.limits")),
		kit.Note(help, kit.ColorMuted)), container.NewStack(rows))
	return l
}

// Inputs are the fields for text, in which Enter submits a form.
func (l *Limits) Inputs() []*kit.Input { return l.inputs }

// Set fills the limits of a key in.
func (l *Limits) Set(limits apikey.Limits) {
	for i, limit := range state.KeyLimits {
		if n := *limit.Of(&limits); n > 0 {
			l.inputs[i].Fill(l.text(limit, n))
		}
	}
}

func (l *Limits) text(limit state.Limit, n int64) string {
	if limit.Bytes {
		return l.words.Bytes(n)
	}
	return strconv.FormatInt(n, 10)
}

// Check shows what is wrong; true means nothing.
func (l *Limits) Check() bool {
	good := true
	for i, limit := range state.KeyLimits {
		wrong := ""
		if _, ok := limit.Parse(l.inputs[i].Text); !ok {
			wrong = l.words.T("limits.not-number")
			if limit.Bytes {
				wrong = l.words.T("limits.not-bytes")
			}
		}
		l.Fields[limit.Field].Fail(wrong)
		good = good && wrong == ""
	}
	if limits := l.Value(); limits.Burst > 0 && limits.RequestsPerSecond == 0 {
		l.Fields["burst"].Fail(l.words.T("limits.burst-alone"))
		good = false
	}
	return good
}

// Value is what was filled in.
func (l *Limits) Value() (limits apikey.Limits) {
	for i, limit := range state.KeyLimits {
		*limit.Of(&limits), _ = limit.Parse(l.inputs[i].Text)
	}
	return limits
}

// LimitTexts are the limits of a key, a line each.
func LimitTexts(w *words.Words, limits apikey.Limits) (lines []string) {
	for _, limit := range state.KeyLimits {
		if n := *limit.Of(&limits); n > 0 {
			text := w.Number(n)
			if limit.Bytes {
				text = w.Bytes(n)
			}
			lines = append(lines, w.Said(w.T(limit.Text), text))
		}
	}
	return lines
}
