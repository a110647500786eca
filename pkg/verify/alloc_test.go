//go:build !race

// The race detector makes pools forget, so allocations are counted without it.

package verify_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

func TestADecisionAllocatesNothing(t *testing.T) {
	f := newMemoryFeed()
	token, rec := key(func(r *apikey.Record) { r.Endpoints = []string{"a"} })
	f.put(rec)
	v, _ := loaded(t, f, verify.ReplicaOptions{})
	unknown, _ := apikey.NewToken()
	for _, q := range []verify.Question{
		{Token: token, Permission: apikey.PermissionRead, Endpoint: "a"}, {Token: token, Permission: apikey.PermissionManage}, {Token: unknown}, {Token: "x"},
	} {
		require.Zero(t, testing.AllocsPerRun(100, func() { v.Verify(q) }))
	}
}
