// Package locales holds the one catalogue of texts, a file for each language:
// those of the pages, and under "desktop" those that the desktop program alone
// has or words in its own way.
package locales

import "embed"

// FileName is that of each language's texts, in a folder with the language's
// code. Grafana looks for it there.
const FileName = "ostiary-apikeys-app.json"

// Files holds the folders of the languages.
//
//go:embed */ostiary-apikeys-app.json
var Files embed.FS
