package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/config"
)

func TestUnknownVariables(t *testing.T) {
	got := config.UnknownVariables([]string{
		"OSTIARY_LISTN=secret", "OSTIARY_LISTEN=x", "OSTIARY_POLICY_MAXTTL=1", "OSTIARY_NO_SUCH_THING", "OSTIARY_URL=x", "OSTIARY_ULR=x", "PATH=/", "XOSTIARY_A=b",
		"OSTIARY_SERVICE_HOST=10.0.0.1", "OSTIARY_SERVICE_PORT_MANAGEMENT=7171", "OSTIARY_PORT=tcp://10.0.0.1:7171", "OSTIARY_GATE_PORT_7172_TCP_ADDR=10.0.0.1",
	}, config.EnvPrefix, "OSTIARY_URL")
	require.Equal(t, []config.UnknownVariable{
		{Name: "OSTIARY_LISTN", Closest: "OSTIARY_LISTEN"},
		{Name: "OSTIARY_NO_SUCH_THING"},
		{Name: "OSTIARY_POLICY_MAXTTL", Closest: "OSTIARY_POLICY_MAX_TTL"},
		{Name: "OSTIARY_ULR", Closest: "OSTIARY_URL"},
	}, got)
	require.Equal(t, "OSTIARY_LISTN is not read; did you mean OSTIARY_LISTEN?", got[0].String())
	require.Equal(t, "OSTIARY_NO_SUCH_THING is not read; see ostiary serve --help for those that are", got[1].String())
}
