package ui

import (
	"cmp"
	"embed"
	"encoding/json"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"fyne.io/fyne/v2/lang"
)

//go:embed locales/*.json
var localeFiles embed.FS

// Languages lists the languages that the program speaks, by their codes.
func Languages() []string { return []string{"en", "de"} }

// words are the texts of one language.
type words struct {
	language string
	texts    map[string]string
	now      func() time.Time
	zone     *time.Location // the user's
}

// newWords returns the texts of a language; empty means that of the system.
func newWords(language string) *words {
	if language == "" {
		language = systemLanguage()
	}
	w := &words{language: language, texts: map[string]string{}, now: time.Now, zone: time.Local}
	content, err := localeFiles.ReadFile("locales/" + language + ".json")
	if err == nil {
		err = json.Unmarshal(content, &w.texts)
	}
	if err != nil {
		panic(err) // the program was built without its own parts
	}
	return w
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
	return "en"
}

// base is the language in the name of a locale.
func base(locale string) string {
	if i := strings.IndexAny(locale, "_-.@"); i >= 0 {
		locale = locale[:i]
	}
	return strings.ToLower(locale)
}

// t returns a text with {name} replaced by the value that follows the name.
// A key that is missing shows itself.
func (w *words) t(key string, values ...string) string {
	text, ok := w.texts[key]
	if !ok {
		text = key
	}
	for i := 0; i+1 < len(values); i += 2 {
		text = strings.ReplaceAll(text, "{"+values[i]+"}", values[i+1])
	}
	return text
}

// n is t for a text that has a form for one and a form for several; {n} is
// replaced by the number.
func (w *words) n(key string, n int, values ...string) string {
	form := "_other"
	if n == 1 {
		form = "_one"
	}
	return w.t(key+form, append(values, "n", w.number(int64(n)))...)
}

// number writes a count with the separators of the language.
func (w *words) number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	separator := ","
	if w.language == "de" {
		separator = "."
	}
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + separator + digits[i:]
	}
	return digits
}

// day writes a day in the user's time zone: 21 Nov 2026.
func (w *words) day(at time.Time) string {
	at = at.In(w.zone)
	return w.t("date.day", "d", strconv.Itoa(at.Day()), "month", w.t("month."+strconv.Itoa(int(at.Month()))), "year", strconv.Itoa(at.Year()))
}

// date writes a day that the API names, as in 2026-11-21, without regard to
// time zones.
func (w *words) date(day string) string {
	at, err := time.ParseInLocation(time.DateOnly, day, w.zone)
	if err != nil {
		return day
	}
	return w.day(at)
}

// moment writes a moment in the user's time zone, to the minute.
func (w *words) moment(at time.Time) string { return w.day(at) + ", " + w.clock(at) }

// clock writes the time of day.
func (w *words) clock(at time.Time) string { return at.In(w.zone).Format("15:04") }

// relative writes how far away a moment is: in 3 days, 2 hours ago.
func (w *words) relative(at time.Time) string {
	d := at.Sub(w.now())
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
			return w.t("time.now")
		}
		if d < u.below {
			n := max(int((d+u.unit/2)/u.unit), 1)
			return w.n(direction+"."+u.name, n)
		}
	}
	return ""
}

// alone writes a text that stands by itself with a capital letter.
func alone(text string) string {
	for i, r := range text {
		return string(unicode.ToUpper(r)) + text[i+len(string(r)):]
	}
	return text
}

// span writes a length of time in its largest whole unit: 90 days, 12 hours.
func (w *words) span(d time.Duration) string {
	for _, u := range []struct {
		name string
		unit time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}} {
		if d >= u.unit && d%u.unit == 0 {
			return w.n("span."+u.name, int(d/u.unit))
		}
	}
	return w.n("span.second", int(d/time.Second))
}
