//go:build !race

// The race detector makes pools forget, so allocations are counted without it.

package verify_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"testing"
	"time"

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

func TestAnAdmissionAllocatesNothing(t *testing.T) {
	f := newMemoryFeed()
	token, rec := key(nil)
	f.put(rec)
	v, _ := loaded(t, f, verify.ReplicaOptions{})
	unknown, _ := apikey.NewToken()
	a := &verify.Admission{Verifier: v, Recorder: verify.NewRecorder(nil, time.Hour, nil), Failures: verify.NewFailures(1, 1)}
	d := &verify.Demand{Require: apikey.PermissionRead, Sources: verify.Sources{Headers: []string{"X-Api-Key"}}, Receiver: verify.NewReceiver("a-fixed-receiver-key")}
	for _, value := range []string{"Bearer " + token, "Bearer " + unknown, "Bearer x", ""} {
		in := verify.Request{Context: t.Context(), Header: http.Header{"Authorization": {value}}, URL: &url.URL{Path: "/x"}, Addr: netip.MustParseAddr("192.0.2.7"), Began: time.Now()}
		a.Admit(&in, d)
		require.Zero(t, testing.AllocsPerRun(100, func() { a.Admit(&in, d) }), value)
	}
}
