package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/assertion"
	"github.com/ostiary/ostiary/pkg/certificate"
	"github.com/ostiary/ostiary/pkg/compat"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/connlimit"
	"github.com/ostiary/ostiary/pkg/endpoints"
	"github.com/ostiary/ostiary/pkg/gate"
	"github.com/ostiary/ostiary/pkg/httpapi"
	"github.com/ostiary/ostiary/pkg/management"
	"github.com/ostiary/ostiary/pkg/metrics"
	"github.com/ostiary/ostiary/pkg/notice"
	"github.com/ostiary/ostiary/pkg/pepper"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
	"github.com/ostiary/ostiary/pkg/tracing"
	"github.com/ostiary/ostiary/pkg/trail"
	"github.com/ostiary/ostiary/pkg/upstreams"
	"github.com/ostiary/ostiary/pkg/verify"
)

// Node is everything that one process runs on one store.
type Node struct {
	cfg     *config.Config                // as the node was started
	live    atomic.Pointer[config.Config] // the same, with what was taken up since
	opts    Options
	logger  *slog.Logger
	peppers *apikey.Peppers

	store    apikey.Store
	replica  *verify.Replica
	verifier *verify.Verifier // the gate counts its decisions itself
	counted  metrics.Verifier // the same, counted
	recorder *verify.Recorder
	limits   *verify.Limiter
	answers  *verify.Answers
	byKey    *verify.KeyCounter // nil = requests are not counted by key
	denials  *verify.DenialRecorder
	trail    *trail.Keeper
	notices  *notice.Notices

	endStreams func() // of the resource API
	failures   *verify.Failures
	service    *apikey.Service
	metrics    *metrics.Metrics
	callers    *httpapi.Callers
	api        http.Handler

	firstKey  *apikey.Issued
	started   atomic.Bool
	gate      *gate.Server      // nil if there is none
	tracing   *tracing.Provider // nil = there are no spans
	endpoints *endpoints.Catalog
	listeners []*listener
	own       upstreams.Listeners  // their addresses
	reloading sync.Mutex           // held by who changes the gate or the endpoints
	parted    chan []gate.Endpoint // of the configuration file, to be watched from now on; the newest alone counts

	stop    context.CancelFunc // ends the background work
	working sync.WaitGroup
	failed  chan error // a listener that broke down
	closing sync.Once
	closed  error
}

// Options are what the programs that run a Node decide, and not their users.
// Every one may be left out.
type Options struct {
	Version string
	Logger  *slog.Logger

	// Policy overrides the configured one for an organization, as Grafana's
	// settings do. See apikey.Options.
	Policy func(ctx context.Context, orgID int64) (apikey.Policy, error)

	// ShutdownGrace is how long requests that run may take to end when the
	// node is closed; 0 = as configured.
	ShutdownGrace time.Duration

	// Console is served at / of the management listener.
	Console http.Handler

	// LookInterval is how often a store in SQLite looks whether another process
	// has written to it; 0 = the store's own, which suits a server.
	LookInterval time.Duration

	// Bootstrap makes the first Admin key of organization 1 if it never had a
	// key, and ResetAdmin makes one in any case. Both are for the standalone
	// server, where only an Admin key can manage; there, the last one is kept.
	Bootstrap  bool
	ResetAdmin bool

	// HandOver gives out the Admin key that the start made, before the node says that it is ready; nil = FirstKey is
	// asked for it. With an error the node does not start.
	HandOver func(first *apikey.Issued) error

	inGrafana bool // whose settings say the policy
}

// Start opens the store, loads the keys and starts the listeners. When it
// returns, the node is ready. Close ends it.
func Start(ctx context.Context, cfg *config.Config, opts Options) (*Node, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	opts.inGrafana = opts.Policy != nil
	if opts.Policy == nil {
		opts.Policy = func(context.Context, int64) (apikey.Policy, error) { return cfg.Policy, nil }
	}
	opts.ShutdownGrace = cmp.Or(opts.ShutdownGrace, cfg.ShutdownGrace)
	n := &Node{cfg: cfg, opts: opts, logger: opts.Logger, failed: make(chan error, 4),
		parted: make(chan []gate.Endpoint, 1)}
	n.live.Store(cfg)
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	n.stop = stop
	err := n.open(ctx)
	if err == nil {
		err = n.run(ctx, work)
	}
	if err != nil {
		return nil, errors.Join(err, n.Close(ctx))
	}
	return n, nil
}

// open makes all parts that need no background work.
func (n *Node) open(ctx context.Context) error {
	if err := n.cfg.CheckFiles(n.opts.Bootstrap, n.opts.ResetAdmin); err != nil {
		return err
	}
	n.warn(n.cfg.Warnings)
	if err := n.cfg.MakeDataDir(); err != nil {
		return err
	}
	n.removeLeftovers()
	store, err := n.openStore(ctx)
	if err != nil {
		return err
	}
	if n.tracing, err = tracing.Start(ctx, n.opts.Version, n.logger); err != nil {
		return err
	}
	n.metrics = metrics.New()
	if n.notices, err = notice.New(notice.Options{Config: n.cfg.Notices, Logger: n.logger}); err != nil {
		return err
	}
	n.store = n.notices.Watch(n.metrics.Store(store))
	if n.peppers, err = pepper.Open(ctx, n.cfg.Pepper, n.store); err != nil {
		return err
	}
	if !n.cfg.Pepper.Marked() {
		n.logger.Warn("the pepper file cannot be written, to note that all keys of the store have a mark now; add the line \"marked\" to it, so that a key without one is denied", "file", n.cfg.Pepper.Name)
	}
	n.replica = verify.NewReplica(n.store, n.peppers,
		verify.ReplicaOptions{MaxStaleness: n.cfg.MaxStaleness, Scope: n.cfg.Gate.Scope, Foreign: n.foreign(),
			Settings: n.takeSettings, Logger: n.logger})
	n.endpoints = endpoints.New(n.cfg,
		endpoints.Options{Peppers: n.peppers, Logger: n.logger, Address: n.gateAddress, InGrafana: n.opts.inGrafana,
			Own: n.own.Include, Clients: n.store})
	n.verifier = verify.New(n.replica)
	n.recorder = verify.NewRecorder(n.store, 0, n.logger)
	n.limits = verify.NewLimiter(n.store, n.logger)
	n.denials = verify.NewDenialRecorder(n.store, 0, n.logger)
	n.trail = trail.New(n.store, n.peppers, n.cfg.Audit, n.logger)
	n.metrics.Trail(n.trail.Status)
	n.answers = verify.NewAnswers()
	n.failures = verify.NewFailures(n.cfg.Failures.PerSecond, n.cfg.Failures.Burst)
	n.metrics.Describe(n.opts.Version, store.Engine(), n.replica)
	n.counted = n.metrics.Verifier(n.verifier)
	if n.cfg.MetricsByKey {
		n.byKey = n.metrics.ByKey(n.replica, n.limits)
	}
	n.service = apikey.NewService(n.store, n.peppers, apikey.Options{
		Policy: n.opts.Policy, Changed: n.replica.Sync, KeepLastAdmin: n.opts.Bootstrap,
		LeakedFor: n.cfg.Leaks.Overlap, Notify: n.notices.Tell,
		PolicyEditable: n.endpoints.PolicyEditable,
	})
	n.endpoints.SetService(n.service)
	n.trail.WriteSights = n.service.WriteSights
	admission := &verify.Admission{
		Verifier: n.counted, Recorder: n.recorder, Failures: n.failures, TrustedProxies: n.cfg.TrustedProxies,
		Limiter: n.limits, Keys: n.byKey,
	}
	streams := make(chan struct{})
	n.endStreams = sync.OnceFunc(func() { close(streams) })
	var githubKeys *httpapi.GitHubKeys
	if source := n.cfg.Leaks.GitHubKeys; source != "" {
		githubKeys = httpapi.NewGitHubKeys(source)
	}
	n.api = httpapi.New(httpapi.Options{
		Service: n.service, Verifier: n.counted, Demand: n.demand, Destination: n.destination,
		Endpoints: n.endpoints, Usage: n.recorder,
		LimitsUsed: n.limits.Used, Answered: n.answers.To, Foreign: databases{},
		Health: n.Health, Logger: n.logger,
		Failures: n.failures, GitHubKeys: githubKeys, Stopping: streams, TestNotices: n.notices.Test,
		ClientAddr: func(r *http.Request) netip.Addr { in := admission.NewRequest(r); return in.Addr },
	})
	n.callers = httpapi.NewCallers(admission, n.logger, n.denials, n.notices.SignInRefused, n.service)
	return nil
}

// warn logs what is allowed, and better done in another way.
func (n *Node) warn(warnings []config.Warning) {
	for _, w := range warnings {
		n.logger.Warn("a setting is better changed", "setting", w.Setting, "reason", w.Text)
	}
}

func (n *Node) openStore(ctx context.Context) (apikey.Store, error) {
	if n.opts.LookInterval > 0 {
		return n.cfg.OpenStore(ctx, sqlite.WithPollInterval(n.opts.LookInterval))
	}
	return n.cfg.OpenStore(ctx)
}

// removeLeftovers removes what restores and backups left in the data directory that were killed.
func (n *Node) removeLeftovers() {
	if removed := sqlite.RemoveLeftovers(n.cfg.DataDir); removed > 0 {
		n.logger.Info("removed copies of the store that a killed restore or backup had left", "copies", removed)
	}
}

// run loads the keys, starts the background work and opens the listeners.
func (n *Node) run(ctx, work context.Context) error {
	began := time.Now()
	if err := n.replica.Load(ctx); err != nil {
		return fmt.Errorf("the keys cannot be loaded: %w", err)
	}
	if n.opts.Bootstrap && n.replica.Len() == 0 { // of a store that could not be looked into before
		if err := n.cfg.CheckKeyFile(); err != nil {
			return err
		}
	}
	verify.TuneCollector(n.replica.Len())
	n.logger.Info("keys loaded", "keys", n.replica.Len(), "took", time.Since(began).Round(time.Millisecond))
	n.working.Go(func() { n.replica.Run(work) })
	if err := n.limits.Load(ctx, n.limited()); err != nil {
		return fmt.Errorf("the use of limits cannot be loaded: %w", err)
	}
	n.working.Go(func() { n.recorder.Run(work) })
	n.working.Go(func() { n.limits.Run(work, n.limited) })
	n.working.Go(func() { n.denials.Run(work) })
	n.working.Go(func() { n.verifier.RunAdoptions(work) })
	n.working.Go(func() { n.tellFitness(work) })
	n.working.Go(func() { n.notices.Run(work, n.replica.Unfit) })
	n.working.Go(func() { verify.RunForgetting(work, n.store, n.logger) })

	if n.cfg.Gate.Listen != "" {
		opts, err := n.openGate()
		if err != nil {
			return err
		}
		server := n.gate
		n.warnOfOpenIngestion(opts)
		n.warnOfAllOrganizations(opts)
		n.working.Go(func() { n.watchTenants(work) })
		n.parted <- n.cfg.Gate.Endpoints
		l := &listener{name: gateName, key: "gate.listen", server: server, http: server.Server,
			connections: n.cfg.GateConnections()}
		if err := n.listen(ctx, work, l, n.cfg.Gate.Listen, n.cfg.Gate.TLS); err != nil {
			return err
		}
	}
	if n.cfg.Listen != "" {
		server := management.NewServer(management.Options{
			API: n.api, Callers: n.callers, Compat: n.cfg.Compat, Console: n.opts.Console, Metrics: n.metrics.Registry,
			Others:    compat.Options{Service: n.service, Verifier: n.counted, Usage: n.recorder, Logger: n.logger},
			Elsewhere: n.cfg.Partial(), NotReady: n.notReady, Unwritable: n.metrics.Unwritable, Stopping: n.endStreams,
			Logger: n.logger,
		})
		l := &listener{name: managementName, key: "listen", server: server, http: server.Server,
			connections: n.cfg.ManagementConnections()}
		if err := n.listen(ctx, work, l, n.cfg.Listen, n.cfg.TLS); err != nil {
			return err
		}
	}
	if n.opts.ResetAdmin && n.cfg.Partial() {
		return fmt.Errorf("a gate that holds a part of the keys alone (%s, %s) makes no Admin key; start without those settings to make one",
			n.cfg.Names.Of("gate.orgs"), n.cfg.Names.Of("gate.pools"))
	}
	if (n.opts.Bootstrap || n.opts.ResetAdmin) && !n.cfg.Partial() {
		// The last step that can fail: a key of a start that does not succeed
		// would never be shown.
		var err error
		if n.firstKey, err = n.service.Bootstrap(ctx, config.StandaloneOrg, !n.opts.ResetAdmin); err != nil {
			return fmt.Errorf("the first Admin key cannot be made: %w", err)
		}
	}
	if n.firstKey != nil && n.opts.HandOver != nil {
		if err := n.opts.HandOver(n.firstKey); err != nil {
			return err
		}
	}
	n.working.Go(func() { n.trail.Run(work) })
	n.started.Store(true)
	return nil
}

// notReady says why no request can be decided; nothing if they can. Who waits for a server that is new finds its first
// key where it is handed over.
func (n *Node) notReady() string {
	if !n.started.Load() {
		return "the server is starting"
	}
	return n.replica.Unfit()
}

// openGate makes the gate, of the endpoints that are there by now.
func (n *Node) openGate() (gate.Options, error) {
	n.reloading.Lock()
	defer n.reloading.Unlock()
	prepared := n.endpoints.Prepare(n.cfg)
	opts, err := n.gateOptions(n.cfg, prepared)
	if err != nil {
		return opts, err
	}
	g, err := gate.New(opts)
	if err == nil {
		n.gate = g.Server()
		prepared.Take()
	}
	return opts, err
}

// gateOptions are the gate's, those that are configured and the node's own.
func (n *Node) gateOptions(cfg *config.Config, prepared *endpoints.Prepared) (gate.Options, error) {
	opts := cfg.Gate.Options
	opts.Endpoints, opts.Closed, opts.Own = prepared.InForce(), prepared.Closed(), n.own.Include
	var names []string
	asserts := false
	for _, e := range opts.Endpoints {
		names = append(names, e.Name)
		asserts = asserts || e.Assert != ""
	}
	if asserts {
		signer, err := assertion.Open(n.cfg.DataDir)
		if err != nil {
			return opts, err
		}
		opts.AssertGrafana, opts.KeySet = signer.Grafana, signer.KeySet()
	}
	opts.Verifier, opts.Recorder, opts.Denials = n.verifier, n.recorder, n.denials
	opts.Failures, opts.Issued = n.failures, n.replica.Issued
	opts.Limiter, opts.Keys, opts.Answers = n.limits, n.byKey, n.answers
	opts.Limits.Upstreams, _ = connlimit.Share() // as many as clients may have
	opts.Observer, opts.Logger, opts.Tracer = n.metrics.Endpoints(names), n.logger, n.tracing.Tracer()
	return opts, nil
}

// limited reports whether there is any limit of keys.
func (n *Node) limited() bool {
	perKey := func(e gate.Endpoint) bool { return !e.LimitPerKey.IsZero() }
	return n.replica.Limited() || slices.ContainsFunc(n.endpoints.InForce(), perKey)
}

// warnOfOpenIngestion says where anyone may send data. Somebody wanted that,
// perhaps long ago.
func (n *Node) warnOfOpenIngestion(opts gate.Options) {
	if !opts.IngestionOpen {
		return
	}
	n.logger.Warn("ingestion is open: anyone may send data without a key", "endpoints",
		strings.Join(opts.LetAnyoneIngest(), ","), "setting", n.cfg.Names.Of("auth.ingestion.enabled"))
}

// warnOfAllOrganizations says which endpoints the keys of every organization
// open, where there are several: each makes its own.
func (n *Node) warnOfAllOrganizations(opts gate.Options) {
	organizations, open := n.replica.Organizations(), opts.OfAllOrganizations()
	if len(organizations) > 1 && len(open) > 0 {
		n.logger.Warn("the keys of all organizations open endpoints that name none",
			"endpoints", strings.Join(open, ","), "organizations", organizations, "advice",
			"set org for each of them, or org=N at /auth")
	}
}

// watchTenants has the file's endpoints watched whose upstreams may not keep tenants apart: those of the newest
// configuration.
func (n *Node) watchTenants(work context.Context) {
	var watching sync.WaitGroup
	defer watching.Wait()
	end := func() {}
	for {
		select {
		case <-work.Done():
			end()
			return
		case list := <-n.parted:
			end()
			ctx, cancel := context.WithCancel(work)
			end = cancel
			watching.Go(func() { n.endpoints.WatchTenants(ctx, list) })
		}
	}
}

// API returns the resource API, whose paths begin with /v1. Who calls must be
// in the request's context.
func (n *Node) API() http.Handler { return n.api }

// Metrics returns what the management listener serves at /metrics.
func (n *Node) Metrics() prometheus.Gatherer { return n.metrics.Registry }

// Service returns the rules for changing keys.
func (n *Node) Service() *apikey.Service { return n.service }

// FirstKey returns the Admin key that the start made, or nil.
func (n *Node) FirstKey() *apikey.Issued { return n.firstKey }

// Failed delivers the error of a listener that breaks down while it should
// run.
func (n *Node) Failed() <-chan error { return n.failed }

// Keys is the number of keys that are loaded.
func (n *Node) Keys() int { return n.replica.Len() }

// ManagementURL and GateURL are the addresses at which this machine reaches
// the listeners, without a slash at the end; empty for one that is off.
func (n *Node) ManagementURL() string { return n.url(managementName) }

// GateURL is like ManagementURL.
func (n *Node) GateURL() string { return n.url(gateName) }

// ManagementCertificate is the certificate of the management listener; zero
// without TLS.
func (n *Node) ManagementCertificate() certificate.Certificate { return n.certificate(managementName) }

// GateCertificate is like ManagementCertificate.
func (n *Node) GateCertificate() certificate.Certificate { return n.certificate(gateName) }

// Health reports the state of the store, the replica and the gate.
func (n *Node) Health(ctx context.Context) api.Health {
	h := api.Health{
		Status:  api.StatusOK,
		Version: n.opts.Version,
		Store:   api.StoreHealth{Engine: n.store.Engine(), Status: api.StatusOK},
		Replica: api.ReplicaHealth{Ready: n.replica.Ready(), Keys: n.replica.Len(), Forged: n.replica.Forged(),
			LagSeconds: n.replica.Staleness().Seconds()},
		Gate: api.GateHealth{Status: api.StatusOK, Listen: n.GateURL()},
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := n.store.Ping(ctx); err != nil {
		h.Status, h.Store.Status, h.Store.Error = api.StatusDegraded, api.StatusUnavailable, err.Error()
	}
	if why := n.metrics.Unwritable(); why != "" && h.Store.Status == api.StatusOK {
		h.Status, h.Store.Status, h.Store.Error = api.StatusDegraded, api.StatusDegraded, why
	}
	if h.Replica.Forged > 0 {
		h.Status = api.StatusDegraded
	}
	if why := n.replica.Unfit(); why != "" {
		h.Status, h.Gate.Status = api.StatusUnavailable, api.StatusUnavailable
	}
	return h
}

// Close ends the listeners, lets running requests finish, writes the usage
// that was gathered, and closes the store. It may be called more than once.
func (n *Node) Close(ctx context.Context) error {
	n.closing.Do(func() { n.closed = n.close(context.WithoutCancel(ctx)) })
	return n.closed
}

// flushLimit is how long the last writes may take.
const flushLimit = 10 * time.Second

func (n *Node) close(ctx context.Context) error {
	grace, cancel := ctx, context.CancelFunc(func() {})
	if limit := n.opts.ShutdownGrace; limit > 0 {
		grace, cancel = context.WithTimeout(ctx, limit)
	}
	defer cancel()
	var shutting sync.WaitGroup
	for _, l := range n.listeners {
		shutting.Go(func() {
			if err := l.server.Shutdown(grace); err != nil {
				n.logger.Warn("requests that did not end were cut off", "listener", l.name, "after",
					n.opts.ShutdownGrace)
				_ = l.server.Close()
			}
		})
	}
	shutting.Wait()
	n.stop()
	n.working.Wait()
	n.tracing.Finish(ctx)
	if n.store == nil {
		return nil
	}
	var err error
	if n.recorder != nil {
		flush, cancel := context.WithTimeout(ctx, flushLimit)
		defer cancel()
		if err = n.recorder.Flush(flush); err != nil {
			err = fmt.Errorf("the last usage could not be written: %w", err)
		}
		if limitErr := n.limits.Leave(flush); limitErr != nil {
			err = errors.Join(err, fmt.Errorf("the last use of limits could not be written: %w", limitErr))
		}
		if denialErr := n.denials.Flush(flush); denialErr != nil {
			err = errors.Join(err, fmt.Errorf("the last refused requests could not be written: %w", denialErr))
		}
		if adoptErr := n.verifier.FlushAdoptions(flush); adoptErr != nil {
			err = errors.Join(err,
				fmt.Errorf("keys of other systems that were used for the first time could not be written: %w",
					adoptErr))
		}
		if trailErr := n.trail.Close(flush); trailErr != nil {
			err = errors.Join(err, fmt.Errorf("the last entries of the audit trail could not be written: %w", trailErr))
		}
		err = errors.Join(err, n.notices.Flush(flush))
	}
	return errors.Join(err, n.store.Close())
}
