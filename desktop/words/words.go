// Package words holds the texts of the desktop program in each language, and
// writes numbers and times in them.
package words

import (
	"cmp"
	"encoding/json"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"fyne.io/fyne/v2/lang"

	"github.com/ostiary/ostiary/src/locales"
)

// english is the language of those whose own the program does not speak.
const english = "en"

// folders of the catalogue, by the codes of their languages. A language is there
// once its file is.
var folders = sync.OnceValue(func() map[string]string {
	entries, err := locales.Files.ReadDir(".")
	if err != nil {
		panic(err) // the program was built without its own parts
	}
	folders := map[string]string{}
	for _, e := range entries {
		folders[base(e.Name())] = e.Name()
	}
	return folders
})

// Languages lists the languages that the program speaks, by their codes;
// English is the first.
func Languages() []string {
	others := slices.DeleteFunc(slices.Sorted(maps.Keys(folders())), func(code string) bool { return code == english })
	return append([]string{english}, others...)
}

// Words are the texts of one language.
type Words struct {
	language string
	Texts    map[string]string
	Now      func() time.Time
	Zone     *time.Location // the user's
	server   map[string]string
	sayings  func() []saying
}

// New returns the texts of a language; empty means that of the system.
func New(language string) *Words {
	if language == "" {
		language = systemLanguage()
	}
	w := &Words{language: language, Texts: map[string]string{}, Now: time.Now, Zone: time.Local,
		server: map[string]string{}}
	w.sayings = sync.OnceValue(w.learn)
	if err := w.load(); err != nil {
		panic(err) // the program was built without its own parts
	}
	return w
}

// load takes the texts out of the catalogue. Where the program words a text in
// its own way, that counts.
func (w *Words) load() error {
	pages, own, err := read(w.language)
	if err != nil {
		return err
	}
	server, _ := pages["server"].(map[string]any)
	delete(pages, "server")
	for said, text := range server {
		w.server[said], _ = text.(string)
	}
	w.add("", pages)
	w.add("", own)
	// Every language is offered under its own name.
	for _, code := range Languages() {
		_, own, err := read(code)
		if err != nil {
			return err
		}
		w.Texts["settings.language."+code], _ = own["language.name"].(string)
	}
	return nil
}

// read returns a language's texts: the pages', and the program's own.
func read(language string) (pages, own map[string]any, err error) {
	content, err := locales.Files.ReadFile(folders()[language] + "/" + locales.FileName)
	if err != nil {
		return nil, nil, err
	}
	if err := json.Unmarshal(content, &pages); err != nil {
		return nil, nil, err
	}
	own, _ = pages["desktop"].(map[string]any)
	delete(pages, "desktop")
	return pages, own, nil
}

// add adds a part of the catalogue, whose keys begin with prefix.
func (w *Words) add(prefix string, part map[string]any) {
	for key, value := range part {
		switch value := value.(type) {
		case string:
			w.Texts[prefix+key] = value
		case map[string]any:
			w.add(prefix+key+".", value)
		}
	}
}

// systemLanguage is the language of the system's user, as far as the program
// speaks it. On macOS and Windows Fyne asks the system.
func systemLanguage() string {
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		return spoken(lang.SystemLocale().String())
	}
	return posixLanguage(os.Getenv)
}

// posixLanguage reads what POSIX systems say of their user's language. LANGUAGE
// lists several, the best first, and counts unless the locale is C.
func posixLanguage(getenv func(string) string) string {
	locale := cmp.Or(getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG"))
	if locale == "" || locale == "POSIX" || locale == "C" || strings.HasPrefix(locale, "C.") {
		return spoken("")
	}
	for name := range strings.SplitSeq(getenv("LANGUAGE"), ":") {
		if slices.Contains(Languages(), base(name)) {
			return base(name)
		}
	}
	return spoken(locale)
}

// spoken is the language of a locale such as de_AT.UTF-8 or de-Latn-CH, or
// English where the program does not speak it.
func spoken(locale string) string {
	if b := base(locale); slices.Contains(Languages(), b) {
		return b
	}
	return english
}

// base is the language in the name of a locale.
func base(locale string) string {
	if i := strings.IndexAny(locale, "_-.@"); i >= 0 {
		locale = locale[:i]
	}
	return strings.ToLower(locale)
}

// T returns a text with {{name}} replaced by the value that follows the name.
// A key that is missing shows itself.
func (w *Words) T(key string, values ...string) string {
	text, ok := w.Texts[key]
	if !ok {
		text = key
	}
	for i := 0; i+1 < len(values); i += 2 {
		text = strings.ReplaceAll(text, "{{"+values[i]+"}}", values[i+1])
	}
	return text
}

// N is T for a text that has a form for one and a form for several; {{count}}
// and {{n}} are replaced by the number.
func (w *Words) N(key string, n int, values ...string) string {
	form := "_other"
	if n == 1 {
		form = "_one"
	}
	number := w.Number(int64(n))
	return w.T(key+form, append(values, "count", number, "n", number)...)
}

// Said is what is said of a thing, behind its name.
func (w *Words) Said(name, what string) string { return w.T("said", "name", name, "value", what) }

// AllOf lists names in a sentence: loki, mimir and tempo.
func (w *Words) AllOf(names []string) string { return w.list(names, "language.and") }

// AnyOf lists names of which one counts: team-a, team-b or team-c.
func (w *Words) AnyOf(names []string) string { return w.list(names, "language.or") }

func (w *Words) list(names []string, word string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " " + w.T(word) + " " + names[last]
}

// Number writes a count with the separators of the language.
func (w *Words) Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	separator := w.T("language.thousands")
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + separator + digits[i:]
	}
	return digits
}

// Bytes writes a number of bytes in the largest unit in which it needs no more
// than two decimal places: 5 MB, 1.25 GB. Its digits have no separators, so
// that it can be typed as it is shown.
func (w *Words) Bytes(n int64) string {
	for _, u := range []struct {
		name string
		size int64
	}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}} {
		if n >= u.size && n%(u.size/100) == 0 {
			hundredths := n / (u.size / 100)
			text := strconv.FormatFloat(float64(hundredths)/100, 'f', -1, 64)
			text = strings.Replace(text, ".", w.T("language.decimal"), 1)
			return text + " " + u.name
		}
	}
	return strconv.FormatInt(n, 10) + " B"
}

// Day writes a day in the user's time zone: 21 Nov 2026.
func (w *Words) Day(at time.Time) string {
	at = at.In(w.Zone)
	month := w.T("month." + strconv.Itoa(int(at.Month())))
	return w.T("date.day", "d", strconv.Itoa(at.Day()), "month", month, "year", strconv.Itoa(at.Year()))
}

// Date writes a day that the API names, as in 2026-11-21, without regard to
// time zones.
func (w *Words) Date(day string) string {
	at, err := time.ParseInLocation(time.DateOnly, day, w.Zone)
	if err != nil {
		return day
	}
	return w.Day(at)
}

// daysTyped are how days are typed in a language, besides as in 2026-11-21. In English 1/2 is another day for some
// readers than for others.
var daysTyped = map[string][]string{"de": {"2.1.2006"}, "fr": {"2/1/2006", "2.1.2006"}, english: {"2.1.2006"}}

// ReadDay reads a day as it is typed in the language of w, and gives it as the API names it. Good is false if it
// cannot be read, or might be another day.
func (w *Words) ReadDay(typed string) (day string, good bool) {
	typed = strings.TrimSpace(typed)
	for _, layout := range append([]string{time.DateOnly}, daysTyped[w.language]...) {
		if at, err := time.Parse(layout, typed); err == nil {
			return at.Format(time.DateOnly), true
		}
	}
	return "", false
}

// Moment writes a moment in the user's time zone, to the minute.
func (w *Words) Moment(at time.Time) string { return w.Day(at) + ", " + w.Clock(at) }

// Second writes a moment in the user's time zone, to the second.
func (w *Words) Second(at time.Time) string {
	at = at.In(w.Zone)
	if day := w.Now().In(w.Zone); at.YearDay() == day.YearDay() && at.Year() == day.Year() {
		return at.Format(time.TimeOnly)
	}
	return w.T("date.short", "d", strconv.Itoa(at.Day()), "month", w.T("month."+strconv.Itoa(int(at.Month())))) +
		", " + at.Format(time.TimeOnly)
}

// Clock writes the time of day.
func (w *Words) Clock(at time.Time) string { return at.In(w.Zone).Format("15:04") }

// Relative writes how far away a moment is: in 3 days, 2 hours ago.
func (w *Words) Relative(at time.Time) string {
	d := at.Sub(w.Now())
	direction := "time.in"
	if d < 0 {
		d, direction = -d, "time.ago"
	}
	const day = 24 * time.Hour
	for _, u := range []struct {
		name  string
		below time.Duration
		unit  time.Duration
	}{
		{"minute", 45 * time.Minute, time.Minute}, {"hour", 22 * time.Hour, time.Hour}, {"day", 26 * day, day},
		{"month", 320 * day, 30 * day}, {"year", 1 << 62, 365 * day},
	} {
		if d < 45*time.Second {
			return w.T("time.now")
		}
		if d < u.below {
			n := max(int((d+u.unit/2)/u.unit), 1)
			return w.N(direction+"."+u.name, n)
		}
	}
	return ""
}

// Alone writes a text that stands by itself with a capital letter.
func Alone(text string) string {
	for i, r := range text {
		return string(unicode.ToUpper(r)) + text[i+len(string(r)):]
	}
	return text
}

// Span writes a length of time in its largest whole unit: 90 days, 12 hours.
func (w *Words) Span(d time.Duration) string {
	for _, u := range []struct {
		name string
		unit time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}} {
		if d >= u.unit && d%u.unit == 0 {
			return w.N("span."+u.name, int(d/u.unit))
		}
	}
	return w.N("span.second", int(d/time.Second))
}
