// Package plugin is the door inside Grafana: it turns what Grafana says of a
// request (the user, the organization and its settings) into a caller and a
// policy, and hands the request to the handlers that the standalone server has
// as well.
//
// Grafana makes an instance for each organization, and another when its settings change. Store, replica and gate belong
// to the Process instead, which opens them once; an instance holds nothing.
package plugin

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/app"
	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/grafana/grafana-plugin-sdk-go/build/buildinfo"
	"github.com/prometheus/client_golang/prometheus"
)

// ID is the plugin's, as in plugin.json.
const ID = "ostiary-apikeys-app"

// Serve serves Grafana until it ends the plugin. Its errors are those of the SDK. A store that cannot be opened is
// reported by the health check instead, so that Grafana does not start the plugin again and again.
func Serve() error {
	executable, err := os.Executable()
	if err != nil {
		executable = os.Args[0] // where there is no /proc; Grafana calls plugins by their whole path
	}
	hangups := make(chan os.Signal, 1) // which would end the program otherwise
	signal.Notify(hangups, syscall.SIGHUP)
	p := NewProcess(Options{
		Version: version(), Logger: newLogger(), LookupEnv: os.LookupEnv, Executable: executable, Hangups: hangups,
	})
	defer p.Close()
	prometheus.DefaultGatherer = p.Gatherer(prometheus.DefaultGatherer) // what the SDK answers CollectMetrics from

	if os.Getenv(grpcplugin.MagicCookieKey) == grpcplugin.MagicCookieValue {
		p.Start() // so that the gate is open before anybody asks for a page
		go endWithGrafana(p)
	}
	return app.Manage(ID, p.NewInstance, app.ManageOpts{})
}

// version is what the build stamped into the executable.
func version() string {
	info, err := buildinfo.GetBuildInfo()
	if err != nil || info.Version == "" {
		return "dev"
	}
	return info.Version
}

// endWithGrafana ends the program in order when a service manager ends all
// programs of Grafana's service at once, and when Grafana was killed: an
// orphan would keep the gate's port and the store.
func endWithGrafana(p *Process) {
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	look := time.NewTicker(time.Second)
	grafana := os.Getppid()
	for os.Getppid() == grafana {
		select {
		case <-terminated:
			p.Close()
			os.Exit(0)
		case <-look.C:
		}
	}
	p.Close()
	os.Exit(1)
}
