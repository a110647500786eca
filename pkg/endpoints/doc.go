// Package endpoints holds what the gate protects: the endpoints of the configuration file, and those that organizations
// keep in the store. It judges each change to these as the file is judged, tries it, and says who would be refused.
package endpoints
