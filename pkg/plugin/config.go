package plugin

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
)

// envPrefix begins the variables in which Grafana hands over the settings in
// [plugin.ostiary-apikeys-app] of grafana.ini.
const envPrefix = "GF_PLUGIN_"

// loadConfig reads the configuration. There is no management listener, because Grafana takes its place.
func (p *Process) loadConfig() (*config.Config, error) {
	file, _ := p.opts.LookupEnv(envPrefix + "CONFIG")
	cfg, err := config.Load(config.Source{
		File: file, EnvPrefix: envPrefix, LookupEnv: p.opts.LookupEnv,
		Defaults: map[string]string{"listen": "", "data_dir": defaultDataDir(p.opts.Executable)},
	})
	if wrong, ok := errors.AsType[*config.Error](err); ok {
		for i, m := range wrong.Mistakes {
			if m.Field == "data_dir" {
				wrong.Mistakes[i].Detail = fmt.Sprintf("is not set, and %s is not in Grafana's directory of plugins, beside which it would be; set data_dir", p.opts.Executable)
			}
		}
	}
	if err != nil {
		return nil, err
	}
	if cfg.Partial() {
		return nil, &config.Error{File: file,
			Mistakes: []apikey.FieldError{{Field: "gate.orgs",
				Detail: "and gate.pools are for a gate alone; the plugin manages keys and must hold all of them, so take both out"}}}
	}
	cfg.Listen = ""
	return cfg, nil
}

// defaultDataDir is in Grafana's data directory, next to that of the plugins: /var/lib/grafana/ostiary. Installing
// another version of the plugin leaves it alone. It is empty for an executable that is elsewhere.
func defaultDataDir(executable string) string {
	plugins := filepath.Dir(filepath.Dir(executable))
	if filepath.Base(plugins) != "plugins" {
		return ""
	}
	return filepath.Join(filepath.Dir(plugins), "ostiary")
}
