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

func TestLimitsAllocateNothing(t *testing.T) {
	d := newDoor(t, nil)
	all := apikey.Limits{
		RequestsPerSecond: 1e9, Burst: 1e9, Concurrent: 1e9, BytesPerSecond: 1 << 50, RequestsPerDay: 1 << 50, BytesPerDay: 1 << 50,
	}
	own, _ := d.keyWith(t, all)
	plain, _ := d.keyWith(t, apikey.Limits{})
	d.demand.PerKey = d.admission.Limiter.PerKey("in", all)
	above, _ := d.keyWith(t, apikey.Limits{RequestsPerDay: 1})
	for _, token := range []string{own, plain, above} {
		in := verify.Request{
			Context: t.Context(), Header: http.Header{"Authorization": {"Bearer " + token}}, URL: &url.URL{Path: "/x"}, Began: time.Now(), Length: 100,
		}
		require.Zero(t, testing.AllocsPerRun(100, func() {
			o := d.admission.Admit(&in, &d.demand)
			o.End()
		}))
	}
}
