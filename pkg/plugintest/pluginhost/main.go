// Pluginhost is a plugintest.Host for tests that are not written in Go: it
// starts the plugin, prints where the Grafana in front of it is, and ends when
// its input does.
//
//	go run ./pkg/plugintest/pluginhost -set gate_listen=127.0.0.1:0
//	{"url":"http://127.0.0.1:35007","users":["admin:admin",…]}
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/plugintest"
)

// users may sign in with Basic authentication; root belongs to another
// organization.
var users = map[string]plugintest.User{
	"admin:admin":   {Login: "admin", Role: "Admin", OrgID: 1},
	"editor:editor": {Login: "editor", Role: "Editor", OrgID: 1},
	"viewer:viewer": {Login: "viewer", Role: "Viewer", OrgID: 1},
	"root:root":     {Login: "root", Role: "Admin", OrgID: 2},
}

func main() {
	opts := plugintest.Options{Users: users, Log: os.Stderr, Settings: map[string]string{"gate_listen": "127.0.0.1:0"}}
	flag.StringVar(&opts.BasePath, "base-path", "", "where Grafana is served, such as /graph")
	flag.StringVar(&opts.GrafanaData, "grafana-data", "",
		"Grafana's data directory (default: a new one, removed at the end)")
	flag.StringVar(&opts.Executable, "executable", "", "the plugin's executable (default: one that is built)")
	flag.StringVar(&opts.Pages, "pages", "", "directory of pages that stand in for Grafana's")
	flag.StringVar(&opts.Plugin, "plugin", "dist", "the built plugin, whose pages are served as well")
	flag.Func("set", "a setting of the plugin in grafana.ini, as key=value; may be repeated", func(s string) error {
		key, value, ok := strings.Cut(s, "=")
		if !ok {
			return fmt.Errorf("%q is not key=value", s)
		}
		opts.Settings[key] = value
		return nil
	})
	flag.Parse()
	if err := run(opts); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(opts plugintest.Options) error {
	host, err := plugintest.Start(opts)
	if err != nil {
		return err
	}
	defer host.Close()
	err = json.NewEncoder(os.Stdout).Encode(map[string]any{"url": host.URL(), "users": slices.Sorted(maps.Keys(users))})
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
