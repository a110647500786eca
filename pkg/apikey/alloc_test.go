//go:build !race

// The race detector makes pools forget, so allocations are counted without it.

package apikey_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

func TestADigestAllocatesNothing(t *testing.T) {
	token, _ := apikey.NewToken()
	p := apikey.NewPepper()
	require.Zero(t, testing.AllocsPerRun(100, func() { p.Digest(token) }))
	require.Zero(t, testing.AllocsPerRun(100, func() { apikey.ParseToken(token) }))
}
