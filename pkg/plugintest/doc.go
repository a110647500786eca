// Package plugintest runs the plugin's real executable as Grafana does: it
// shakes hands with it, calls it over gRPC, and stands in for the part of
// Grafana's own HTTP API that leads to it. Tests of the command line, of the
// desktop program and of the pages use it in place of a Grafana.
package plugintest
