// Package forms has the fields, and the parts of dialogs, that several pages
// have.
package forms
