package words

import "strings"

// keyTexts are the keys of a keyboard that are not called the same everywhere.
var keyTexts = map[string]string{
	"Ctrl": "keyboard.ctrl", "Shift": "keyboard.shift", "Space": "keyboard.space", "Del": "keyboard.delete",
	"Home": "keyboard.home", "End": "keyboard.end", "PgUp": "keyboard.page-up", "PgDn": "keyboard.page-down",
	"Menu": "keyboard.menu",
}

// Pressed writes what is pressed, such as Ctrl+K or Home  End, with the names that are on the reader's keyboard.
func (w *Words) Pressed(keys string) string {
	var names []string
	for name, text := range keyTexts {
		names = append(names, name, w.T(text))
	}
	return strings.NewReplacer(names...).Replace(keys)
}
