package node

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ostiary/ostiary/pkg/certificate"
	"github.com/ostiary/ostiary/pkg/config"
)

// Reread loads the configuration and takes it up as Reload does. What is wrong
// with it is logged, and leaves all as it is.
func (n *Node) Reread(load func() (*config.Config, error)) {
	cfg, err := load()
	if err == nil {
		err = n.Reload(cfg)
	}
	if mistaken, ok := errors.AsType[*config.Error](err); ok {
		for _, m := range mistaken.Mistakes {
			n.logger.Error("the new configuration has a mistake", "setting", m.Field, "mistake", m.Detail, "line",
				mistaken.Lines[m.Field])
		}
		err = errors.New("it has mistakes")
	}
	if err != nil {
		n.logger.Error("the configuration was not reloaded; all of the old one stays", "error", err)
	}
}

// Reload takes up what a newer configuration says of the gate, of
// notices and of the certificates, without dropping a connection: requests that run end as they
// began. It logs what has changed, and what will count after a restart alone.
// With an error all stays as it was.
func (n *Node) Reload(cfg *config.Config) error {
	n.reloading.Lock()
	defer n.reloading.Unlock()
	old := n.live.Load()
	if cfg.Blank && !old.Blank {
		return fmt.Errorf("the file %s is empty, as one is that is about to be written, or that was cut off; write {} into "+
			"it for no settings at all", cfg.File)
	}
	changes := cfg.ChangesFrom(old)
	next := old.Live(cfg)
	if err := next.CheckCertificates(); err != nil {
		return err
	}
	prepared := n.endpoints.Prepare(next)
	opts, err := n.gateOptions(next, prepared)
	if err != nil {
		return err
	}
	certificates, err := n.prepareCertificates(next)
	if err != nil {
		return err
	}
	if n.gate != nil {
		if err := n.gate.Reconfigure(opts); err != nil {
			return err
		}
	}
	if err := n.notices.Configure(next.Notices); err != nil {
		return err
	}
	var renewed []string
	for name, serve := range certificates {
		if serve() {
			renewed = append(renewed, name)
		}
	}
	n.live.Store(next)
	prepared.Take()
	n.trail.Reload(next.Audit)
	n.warn(next.Warnings)
	if !old.Gate.IngestionOpen {
		n.warnOfOpenIngestion(opts)
	}
	n.warnOfAllOrganizations(opts)
	if n.gate != nil {
		select { // what was to be watched is not the newest any more
		case <-n.parted:
		default:
		}
		n.parted <- next.Gate.Endpoints
	}
	n.report(cfg, changes, renewed)
	return nil
}

// prepareCertificates reads the listeners' certificates again, and returns functions that begin to serve them.
func (n *Node) prepareCertificates(cfg *config.Config) (map[string]func() bool, error) {
	files := map[string]certificate.Files{managementName: cfg.TLS, gateName: cfg.Gate.TLS}
	prepared := map[string]func() bool{}
	var wrong error
	for _, l := range n.listeners {
		if l.certificate == nil {
			continue
		}
		serve, err := l.certificate.Prepare(files[l.name])
		prepared[l.name], wrong = serve, errors.Join(wrong, err)
	}
	return prepared, wrong
}

// report logs what a reload has changed, and what it could not.
func (n *Node) report(cfg *config.Config, changes config.Changes, renewed []string) {
	names := func(keys []string) string {
		named := make([]string, len(keys))
		for i, key := range keys {
			named[i] = cfg.Names.Of(key)
		}
		return strings.Join(named, ", ")
	}
	var attrs []any
	for _, part := range []struct{ what, list string }{
		{"endpoints", strings.Join(changes.Endpoints, ", ")}, {"settings", names(changes.Settings)},
		{"certificates", strings.Join(renewed, ", ")},
	} {
		if part.list != "" {
			attrs = append(attrs, part.what, part.list)
		}
	}
	if len(attrs) == 0 {
		attrs = append(attrs, "changes", "none")
	}
	n.logger.Info("the configuration was reloaded", attrs...)
	if len(changes.Restart) > 0 {
		n.logger.Warn("some settings have changed that count after a restart alone", "settings", names(changes.Restart))
	}
}
