package httpapi

import (
	"net/http"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

func (h *handler) stats(w http.ResponseWriter, r *http.Request) error {
	query, err := readStatsQuery(r, h.Service.Now())
	if err != nil {
		return err
	}
	stats, err := h.Service.Stats(r.Context(), query)
	if err == nil {
		api.Write(w, http.StatusOK, api.FromStats(stats))
	}
	return err
}

func readStatsQuery(r *http.Request, now time.Time) (q apikey.StatsQuery, err error) {
	p, err := readParameters(r)
	if err != nil {
		return q, err
	}
	q.Since = p.sinceBefore(now)
	switch p.text("step") {
	case "":
	case apikey.StepHour.String():
		q.Step = apikey.StepHour
	case apikey.StepDay.String():
		q.Step = apikey.StepDay
	default:
		p.wrong.Add("step", "must be 1h or 1d")
	}
	if q.Endpoint = p.text("endpoint"); q.Endpoint != "" {
		p.wrong.AddError("endpoint", apikey.CheckEndpointName(q.Endpoint))
	}
	if q.KeyID = p.text("keyId"); q.KeyID != "" && api.CheckID(q.KeyID) != nil {
		p.wrong.Add("keyId", "is not the id of a key; an id has 12 letters and digits")
	}
	return q, p.wrong.Err()
}

// defaultSparkline is how far back the use of keys in a list goes.
const defaultSparkline = "14d"

func (h *handler) statsOfKeys(w http.ResponseWriter, r *http.Request) error {
	p, err := readParameters(r)
	if err != nil {
		return err
	}
	if p.values.Get("since") == "" {
		p.values.Set("since", defaultSparkline)
	}
	since, ids := p.sinceBefore(h.Service.Now()), p.values["id"]
	for _, id := range ids {
		if api.CheckID(id) != nil {
			p.wrong.Add("id", "is not the id of a key; an id has 12 letters and digits")
			break
		}
	}
	if err := p.wrong.Err(); err != nil {
		return err
	}
	from, usage, err := h.Service.UsageOfKeys(r.Context(), ids, since)
	if err == nil {
		api.Write(w, http.StatusOK, api.FromUsageOfKeys(from, usage))
	}
	return err
}
