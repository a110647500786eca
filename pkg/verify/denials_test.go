package verify_test

import (
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/servertest"
	"github.com/ostiary/ostiary/pkg/verify"
)

func denialOf(path string) *verify.Denial {
	return &verify.Denial{Code: apikey.CodeForbidden, Status: 403, Method: "GET", Path: path, Client: netip.MustParseAddr("192.0.2.7"), Reason: "no"}
}

func TestDenialLogIsSampledInAFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out servertest.Output
		l := verify.NewDenialLog(slog.New(slog.NewTextHandler(&out, nil)), "request denied", nil)
		flood := func(n int) {
			for range n {
				l.Denied(t.Context(), denialOf("/x"))
			}
		}
		flood(1000)
		time.Sleep(time.Second + time.Millisecond)
		synctest.Wait()
		require.Equal(t, 50, strings.Count(out.String(), "request denied"))
		require.Equal(t, 1, strings.Count(out.String(), "left out"))
		require.Contains(t, out.String(), "count=950")

		flood(51)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Equal(t, 100, strings.Count(out.String(), "request denied"))
		require.Contains(t, out.String(), "count=1\n")
	})
}

func TestDenialLogHoldsNoSecrets(t *testing.T) {
	var out servertest.Output
	l := verify.NewDenialLog(slog.New(slog.NewTextHandler(&out, nil)), "request denied", nil)
	token, id := apikey.NewToken()
	l.Denied(t.Context(), denialOf("/whole/"+token+"/x"))
	l.Denied(t.Context(), denialOf("/cut/"+token[:apikey.TokenLength-1]))
	l.Denied(t.Context(), denialOf("/long/"+strings.Repeat("ü", 1000)))
	long := denialOf("/")
	long.Method = strings.Repeat("M", 1000)
	l.Denied(t.Context(), long)
	require.NotContains(t, out.String(), token[17:30])
	require.Contains(t, out.String(), "path=/whole/ost_"+id.String()+"_…/x client=192.0.2.7")
	for line := range strings.Lines(out.String()) {
		require.Less(t, len(line), 500)
	}
}
