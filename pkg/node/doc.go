// Package node puts the parts together: store, service, replica, verifier,
// gate and listeners, and starts and stops them. The standalone server and
// the Grafana plugin's process both are a Node; they differ in who says who
// calls.
package node
