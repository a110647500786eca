// Package servertest runs the real servers and tools that tests need, such as
// nginx and Prometheus, with the configurations that deploy/ recommends. It
// serves tests alone.
package servertest
