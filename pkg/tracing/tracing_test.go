package tracing_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"

	"github.com/ostiary/ostiary/pkg/tracing"
)

const receiver = "http://127.0.0.1:1" // where nobody is

func start(t *testing.T, variables map[string]string) (*tracing.Provider, *bytes.Buffer, error) {
	t.Helper()
	for name, value := range variables {
		t.Setenv(name, value)
	}
	log := &bytes.Buffer{}
	p, err := tracing.Start(t.Context(), "1", slog.New(slog.NewTextHandler(log, nil)))
	return p, log, err
}

// Spans are made only if somebody said where they go.
func TestOffUnlessAReceiverIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		variables map[string]string
		on        bool
	}{
		"nothing":             {nil, false},
		"a name alone":        {map[string]string{"OTEL_SERVICE_NAME": "x"}, false},
		"disabled":            {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": receiver, "OTEL_SDK_DISABLED": "TRUE"}, false},
		"none":                {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": receiver, "OTEL_TRACES_EXPORTER": "none"}, false},
		"a receiver":          {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": receiver}, true},
		"a receiver of spans": {map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": receiver + "/v1/traces"}, true},
		"the usual receiver":  {map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, true},
		"grpc":                {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": receiver, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, true},
		"sampled": {map[string]string{
			"OTEL_EXPORTER_OTLP_ENDPOINT": receiver, "OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.01",
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			p, _, err := start(t, c.variables)
			require.NoError(t, err)
			require.Equal(t, c.on, p != nil)
			require.Equal(t, c.on, p.Tracer() != nil)
			require.NoError(t, p.Close(t.Context()))
		})
	}
}

// A value that cannot be put to use is named, with what would be right.
func TestMistakes(t *testing.T) {
	for name, c := range map[string]struct{ value, says string }{
		"OTEL_EXPORTER_OTLP_PROTOCOL": {"http/json", "http/protobuf and grpc are known"},
		"OTEL_TRACES_EXPORTER":        {"zipkin", "otlp and none are known"},
		"OTEL_TRACES_SAMPLER":         {"sometimes", "known are always_on"},
		"OTEL_TRACES_SAMPLER_ARG":     {"1%", "from 0 to 1"},
		"OTEL_RESOURCE_ATTRIBUTES":    {"team", "is no NAME=VALUE"},
	} {
		t.Run(name, func(t *testing.T) {
			p, _, err := start(t, map[string]string{
				"OTEL_EXPORTER_OTLP_ENDPOINT": receiver, "OTEL_TRACES_SAMPLER": "traceidratio", name: c.value,
			})
			require.Nil(t, p)
			require.ErrorContains(t, err, name)
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, `"`+c.value+`"`)
		})
	}
}

// What goes wrong with spans is told once, and without a token.
func TestTrouble(t *testing.T) {
	p, log, err := start(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": receiver})
	require.NoError(t, err)
	token := "ost_" + strings.Repeat("a", 12) + "_" + strings.Repeat("b", 49)
	otel.Handle(errors.New("cannot send " + token))
	otel.Handle(errors.New("cannot send"))
	require.Equal(t, 1, strings.Count(log.String(), "spans cannot be sent"))
	require.NotContains(t, log.String(), token)
	require.NoError(t, p.Close(t.Context()))
}
