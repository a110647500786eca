package cli

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

// Keys that are gone meanwhile are passed over, what one key does not allow is told and keeps nobody from the next, and
// the progress is told.
func TestManyKeysOneAfterTheOther(t *testing.T) {
	var keys []api.Key
	for i := range 450 {
		keys = append(keys, api.Key{ID: fmt.Sprintf("%012d", i), Name: fmt.Sprintf("key %d", i)})
	}
	var asked int
	failing := map[int]error{
		3: apikey.Errorf(apikey.CodeNotFound, "There is none."), 7: apikey.Errorf(apikey.CodeConflict, "It was revoked."),
	}
	turn := act{verb: "Disable", past: "Disabled", do: func(_ context.Context, _ *client.Client, id string) (*api.Key, error) {
		require.Equal(t, keys[asked].ID, id)
		asked++
		return &api.Key{}, failing[asked-1]
	}}
	var told bytes.Buffer
	result := bulkResult{Matched: len(keys)}
	err := (&app{err: &told}).work(t.Context(), nil, keys, turn, &result)
	require.EqualError(t, err, "1 key stayed as it was")
	require.Equal(t, 450, asked)
	require.Len(t, result.Done, 448)
	require.Equal(t, []string{"000000000003"}, result.Gone)
	require.Equal(t, []bulkFail{{ID: "000000000007", Name: "key 7", Error: "It was revoked."}}, result.Failed)
	require.Equal(t, "ostiary: \"key 7\" (000000000007): It was revoked.\nDisabled 200 of 450 …\nDisabled 400 of 450 …\n", told.String())

	// What would fail for all of them ends it, with what was done.
	asked, failing = 0, map[int]error{5: apikey.Unavailable("connect", nil)}
	result = bulkResult{}
	err = (&app{err: &told}).work(t.Context(), nil, keys, turn, &result)
	require.Equal(t, apikey.CodeUnavailable, apikey.ErrorCode(err))
	require.Equal(t, 6, asked)
	require.Len(t, result.Done, 5)
	require.Contains(t, told.String(), "ostiary: note: it stopped after 5 of 450 keys; the same line goes on from there\n")
}

func TestNamesOfManyKeys(t *testing.T) {
	keys := make([]api.Key, 12)
	require.Equal(t, `"", "", "", "", "", "", "", "", "", "" and 2 more`, namesOf(keys))
	require.Equal(t, `"a\nb"`, namesOf([]api.Key{{Name: "a\nb"}}))
}
