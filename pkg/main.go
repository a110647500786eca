// The executable of the Grafana plugin, gpx_ostiary_apikeys.
package main

import (
	"os"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/ostiary/ostiary/pkg/plugin"
)

func main() {
	if err := plugin.Serve(); err != nil {
		backend.Logger.Error("the plugin cannot be served", "error", err)
		os.Exit(1)
	}
}
