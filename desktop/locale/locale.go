// Package locale lets Fyne read the system's locale also where that is C with a character set, as in C.UTF-8, or has
// a modifier, as de_DE@euro has. Fyne takes C for a language and the modifier for a part of the region, and
// complains when it is initialised, which is before main. This package imports little, and so comes before it.
package locale

import (
	"os"
	"strings"
)

func init() { //nolint:gochecknoinits // see above
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale := os.Getenv(name); locale != "" {
			name, _, modified := strings.Cut(locale, "@")
			switch {
			case strings.HasPrefix(locale, "C."):
				speak("en")
			case modified && os.Getenv("LANGUAGE") == "":
				speak(name)
			}
			return
		}
	}
}

// speak names the language. It does not touch the locale itself, which says in which characters the keyboard types.
func speak(language string) { _ = os.Setenv("LANGUAGE", language) }
