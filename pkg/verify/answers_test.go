package verify

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

func TestAnswersRememberTheLastFaultOfEach(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	answers := NewAnswers()
	id, _ := apikey.ParseID("4fjK2n0qPz7a")
	fault := func(endpoint string, status int) {
		answers.Fault(&Request{Header: http.Header{"User-Agent": {"agent/1\x1b"}}}, &Demand{Endpoint: endpoint},
			&Outcome{Decision: Decision{Key: &Identity{ID: id}, Token: id}}, status, now)
	}
	to := func(endpoint string, lastAt time.Time) int {
		return answers.To(&apikey.Client{UserAgent: "agent/1", Endpoint: endpoint, TokenID: id.String(), LastAt: lastAt})
	}
	fault("loki", 500)
	fault("loki", 503)
	require.Equal(t, 503, to("loki", now.Add(-time.Second)))
	require.Zero(t, to("loki", now.Add(time.Millisecond)), "another was answered since")
	require.Zero(t, to("mimir", now))

	for i := range 2 * maxAnswers {
		fault(string(rune('a'+i)), 500)
	}
	require.Len(t, answers.last, maxAnswers)

	answers.Fault(&Request{}, &Demand{}, &Outcome{}, 500, now) // without a key
	require.Len(t, answers.last, maxAnswers)
	answers = nil
	fault("loki", 500)
	require.Zero(t, to("loki", now))
}
