package node_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
)

// A route of the API without its base is answered with where it is.
func TestARouteWithoutItsBase(t *testing.T) {
	r := startToReload(t, "log: {level: info}")
	res, err := http.Get(r.ManagementURL() + "/v1/keys/a%2Fb?token=secret")
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, res.StatusCode)
	require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"))
	require.Contains(t, string(body), "send this to "+api.BasePath+"/v1/keys/a%2Fb.")
	require.NotContains(t, string(body), "secret")
}
