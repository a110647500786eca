package plugin

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/node"
)

// Process is what all organizations share: the node with store, replica and
// gate. It opens the node in the background and, while that fails, tries
// again, so that a mistake which is corrected needs no restart of Grafana.
type Process struct {
	opts    Options
	begin   sync.Once
	stop    context.CancelFunc
	working sync.WaitGroup
	tried   chan struct{} // closed once the node was opened, or failed to, for the first time
	current atomic.Pointer[state]
}

// Options of a Process.
type Options struct {
	Version    string
	Logger     *slog.Logger
	LookupEnv  func(name string) (value string, ok bool) // os.LookupEnv
	Executable string                                    // its path, from which the data directory's follows
	Retry      time.Duration                             // between two tries to open the node; 5 s
	Hangups    <-chan os.Signal                          // make the node reload its configuration; nil = never
}

// state is the node, or why there is none.
type state struct {
	node *node.Node
	cfg  *config.Config
	err  error
}

// NewProcess returns a Process that opens nothing before Start.
func NewProcess(opts Options) *Process {
	if opts.Retry == 0 {
		opts.Retry = 5 * time.Second
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	return &Process{opts: opts, tried: make(chan struct{}), stop: func() {}}
}

// Start begins to open the node. So does the first request for it.
func (p *Process) Start() {
	p.begin.Do(func() {
		ctx, stop := context.WithCancel(context.Background())
		p.stop = stop
		p.working.Go(func() { p.run(ctx) })
	})
}

// Close ends the node, once requests that run have ended or a second has
// gone by: Grafana kills a plugin that takes two.
func (p *Process) Close() {
	p.begin.Do(func() { p.become(&state{err: errClosed}) })
	p.stop()
	p.working.Wait()
}

// open returns the node, or why there is none. It waits for the first try to
// open it.
func (p *Process) open(ctx context.Context) (*state, error) {
	p.Start()
	select {
	case <-p.tried:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	s := p.current.Load()
	return s, s.err
}

var errClosed = apikey.Errorf(apikey.CodeUnavailable, "The plugin is ending.")

// run keeps a node open until ctx ends.
func (p *Process) run(ctx context.Context) {
	logged := ""
	for ctx.Err() == nil {
		s := p.start(ctx)
		p.become(s)
		if s.err == nil {
			p.keep(ctx, s.node)
			logged = ""
			continue
		}
		if text := s.err.Error(); text != logged && ctx.Err() == nil {
			logged = text
			p.opts.Logger.Error("Ostiary cannot start; it keeps trying", "error", text, "every", p.opts.Retry)
		}
		select {
		case <-ctx.Done():
		case <-time.After(p.opts.Retry):
		}
	}
	p.become(&state{err: errClosed})
}

// become makes s the state that requests for the node get.
func (p *Process) become(s *state) {
	if p.current.Swap(s) == nil {
		close(p.tried)
	}
}

// start opens a node.
func (p *Process) start(ctx context.Context) *state {
	cfg, err := p.loadConfig()
	if err != nil {
		return &state{err: err}
	}
	n, err := node.Start(ctx, cfg, node.Options{
		Version:       p.opts.Version,
		Logger:        atLevel(p.opts.Logger, cfg.Log.Level),
		Policy:        policyFrom(cfg.Policy),
		ShutdownGrace: time.Second,
	})
	return &state{node: n, cfg: cfg, err: err}
}

// keep waits until the node has to end: because ctx does, or because one of
// its listeners broke down. Until then it reloads its configuration at every
// hangup.
func (p *Process) keep(ctx context.Context, n *node.Node) {
	for running := true; running; {
		select {
		case <-ctx.Done():
			p.become(&state{err: errClosed})
			running = false
		case err := <-n.Failed():
			p.become(&state{err: err})
			p.opts.Logger.Error("Ostiary broke down and starts again", "error", err)
			running = false
		case <-p.opts.Hangups:
			n.Reread(p.loadConfig)
		}
	}
	if err := n.Close(context.WithoutCancel(ctx)); err != nil {
		p.opts.Logger.Error("Ostiary did not end in order", "error", err)
	}
}
