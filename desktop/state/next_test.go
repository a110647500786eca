package state

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
)

func TestWhatHelpsIsWhatThePagesSay(t *testing.T) {
	content, err := os.ReadFile("testdata/causes.json")
	require.NoError(t, err)
	var causes map[string][]string
	require.NoError(t, json.Unmarshal(content, &causes))
	require.Greater(t, len(causes), 10)
	for cause, reasons := range causes {
		if cause == "other" {
			cause = ""
		}
		for _, reason := range reasons {
			require.Equal(t, cause, NextStep(api.Denial{Code: "forbidden", Reason: reason}), reason)
		}
	}
}
