package words

import (
	"bytes"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

var placeholder = regexp.MustCompile(`\{\{\w+\}\}`)

func TestLanguagesSayTheSame(t *testing.T) {
	en := New("en").Texts
	for _, language := range Languages() {
		texts := New(language).Texts
		require.Equal(t, slices.Sorted(maps.Keys(en)), slices.Sorted(maps.Keys(texts)), language)
		for key, text := range texts {
			require.NotEmpty(t, text, key)
			require.ElementsMatch(t, placeholder.FindAllString(en[key], -1), placeholder.FindAllString(text, -1), "%s: %s", language, key)
		}
	}
}

// TestEveryFieldOfTheAuditTrailHasAName walks through what the server can write there.
func TestEveryFieldOfTheAuditTrailHasAName(t *testing.T) {
	code, err := os.ReadFile("../../pkg/apikey/audit.go")
	require.NoError(t, err)
	_, code, found := bytes.Cut(code, []byte("var audited = "))
	require.True(t, found)
	fields := apikey.PolicyFields()
	for _, m := range regexp.MustCompile(`(?m)^\t\{"([\w.]+)", `).FindAllSubmatch(code, -1) {
		fields = append(fields, string(m[1]))
	}
	require.Contains(t, fields, "disabledUntil")
	for _, field := range append(fields, fieldsOf(reflect.TypeFor[api.EndpointSpec](), "")...) {
		key, ok := fieldTexts[field]
		require.True(t, ok, "%s has no name", field)
		for _, language := range Languages() {
			require.NotEmpty(t, New(language).Texts[key], "%s: %s", language, key)
		}
	}
}

// fieldsOf are the names of a thing's fields as JSON, and of those within them.
func fieldsOf(thing reflect.Type, prefix string) (names []string) {
	for f := range thing.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Type.Kind() == reflect.Pointer {
			f.Type = f.Type.Elem()
		}
		if f.Type.Kind() == reflect.Struct {
			names = append(names, fieldsOf(f.Type, name+".")...)
			continue
		}
		names = append(names, prefix+name)
	}
	return names
}

// TestDaysAreReadAsTheyAreTyped takes no day for another one.
func TestDaysAreReadAsTheyAreTyped(t *testing.T) {
	for language, days := range map[string]map[string]string{
		"de": {"31.01.2027": "2027-01-31", "1.2.2027": "2027-02-01", "2027-01-31": "2027-01-31", "31/01/2027": "", "31.2.2027": ""},
		"fr": {"31/01/2027": "2027-01-31", "1/2/2027": "2027-02-01", "31.1.2027": "2027-01-31", "2027-01-31": "2027-01-31"},
		"en": {"2027-01-31": "2027-01-31", "31.1.2027": "2027-01-31", "1/2/2027": "", "31/01/2027": "", "tomorrow": "", "": ""},
	} {
		w := New(language)
		for typed, day := range days {
			read, good := w.ReadDay(" " + typed + " ")
			require.Equal(t, day, read, "%s: %s", language, typed)
			require.Equal(t, day != "", good, "%s: %s", language, typed)
		}
	}
}

func TestTimes(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		d      time.Duration
		en, de string
	}{
		{3 * time.Second, "just now", "gerade eben"},
		{-time.Minute, "1 minute ago", "vor 1 Minute"},
		{-40 * time.Minute, "40 minutes ago", "vor 40 Minuten"},
		{5 * time.Hour, "in 5 hours", "in 5 Stunden"},
		{36 * time.Hour, "in 2 days", "in 2 Tagen"},
		{-90 * 24 * time.Hour, "3 months ago", "vor 3 Monaten"},
		{800 * 24 * time.Hour, "in 2 years", "in 2 Jahren"},
	} {
		for language, want := range map[string]string{"en": tt.en, "de": tt.de} {
			w := New(language)
			w.Now = func() time.Time { return now }
			require.Equal(t, want, w.Relative(now.Add(tt.d)))
		}
	}
	require.Equal(t, "1,234,567", New("en").Number(1234567))
	require.Equal(t, "10.000", New("de").Number(10000))
	require.Equal(t, "12 hours", New("en").Span(12*time.Hour))
	require.Equal(t, "1 Tag", New("de").Span(24*time.Hour))
}

func TestLanguageOfTheSystem(t *testing.T) {
	for _, tt := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{}, "en"},
		{map[string]string{"LANG": "de_AT.UTF-8"}, "de"},
		{map[string]string{"LANG": "de_DE.UTF-8", "LC_ALL": "C.UTF-8"}, "en"},
		{map[string]string{"LANG": "de_DE.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"},
		{map[string]string{"LANG": "en_GB.UTF-8", "LANGUAGE": "pl:de:en"}, "de"},
		{map[string]string{"LANG": "C", "LANGUAGE": "de"}, "en"},
		{map[string]string{"LANG": "pl_PL.UTF-8"}, "en"},
		{map[string]string{"LANG": "den_US"}, "en"}, // a language of its own
	} {
		require.Equal(t, tt.want, posixLanguage(func(name string) string { return tt.env[name] }), tt.env)
	}
	require.Equal(t, "de", spoken("de-Latn-CH"), "as macOS and Windows name it")
	require.Equal(t, "en", spoken("en-GB"))
}

func TestKeysHaveTheNamesOfTheReadersKeyboard(t *testing.T) {
	for language, pressed := range map[string]string{
		"en": "Ctrl+1 … 8, Shift+Tab, PgUp PgDn, Home End, Space, Del, Menu",
		"de": "Strg+1 … 8, Umschalt+Tab, Bild↑ Bild↓, Pos1 Ende, Leertaste, Entf, Menü",
		"fr": "Ctrl+1 … 8, Maj+Tab, PgPréc PgSuiv, Début Fin, Espace, Suppr, Menu",
	} {
		said := "Ctrl+1 … 8, Shift+Tab, PgUp PgDn, Home End, Space, Del, Menu"
		require.Equal(t, pressed, New(language).Pressed(said))
	}
}
