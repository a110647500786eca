package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/ostiary/ostiary/pkg/node"
)

// startTraced starts a node that reads variables of the environment, which others do not see.
func startTraced(ctx context.Context, f *fixture, variables map[string]string) (*node.Node, error) {
	defer func() {
		for name := range variables {
			_ = os.Unsetenv(name)
		}
	}()
	for name, value := range variables {
		if err := os.Setenv(name, value); err != nil {
			return nil, err
		}
	}
	return startNode(ctx, f)
}

// measureTraces compares /auth with one request of a hundred in a trace, that a receiver takes, with /auth without.
func measureTraces(ctx context.Context, f *fixture, rounds int) ([]row, error) {
	plain, err := startNode(ctx, f)
	if err != nil {
		return nil, err
	}
	defer plain.Close(ctx)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	defer receiver.Close()
	variables := map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.URL, "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
		"OTEL_TRACES_SAMPLER_ARG": "0.01",
	}
	traced, err := startTraced(ctx, f, variables)
	if err != nil {
		return nil, err
	}
	defer traced.Close(ctx)
	requests := f.requests("/auth?require=read")
	s, y, ratio := compare(rounds*16, perSecond(traced.GateURL()[len("http://"):], requests),
		perSecond(plain.GateURL()[len("http://"):], requests))
	return []row{{
		figure: "/auth, one of a hundred in a trace", measured: rps(s), yardstick: "without traces: " + rps(y),
		ratio: fmt.Sprintf("%.2f", ratio), reach: "≥ 0.95", ok: ratio >= 0.95,
	}}, nil
}
