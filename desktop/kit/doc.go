// Package kit holds the widgets that the desktop program is made of, its theme,
// and the stage that they stand on. It knows neither what the program knows nor
// what a server says.
package kit
