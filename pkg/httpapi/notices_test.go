package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

func TestNotices(t *testing.T) {
	s := start(t)
	at := time.Now().UTC().Truncate(time.Millisecond)
	notice := func(id string, org int64, state apikey.NoticeState) apikey.Notice {
		return apikey.Notice{ID: id, OrgID: org, At: at, Event: apikey.EventEnding, KeyID: "4fjK2n0qPz7a", KeyName: "edge",
			Title: "T", Text: "t", Channel: "webhook", To: "https://example.com", State: state, Since: at, NextAt: at, Error: "e"}
	}
	require.NoError(t, s.store.Write(t.Context(), func(tx apikey.Tx) error {
		return tx.AddNotices(t.Context(), []apikey.Notice{notice("ntc_a", 1, apikey.NoticePending), notice("ntc_b", 1, apikey.NoticeFailed),
			notice("ntc_c", 0, apikey.NoticeDelivered), notice("ntc_d", 2, apikey.NoticeFailed)})
	}))
	list := func(caller, query string) api.NoticeList {
		t.Helper()
		r := s.do(t, caller, http.MethodGet, "/v1/notices"+query, "")
		require.Equal(t, http.StatusOK, r.StatusCode, r.body)
		return decode[api.NoticeList](t, r.body)
	}
	all := list("admin", "").Notices
	require.Len(t, all, 3, "the server's own are the main organization's")
	require.Equal(t, "ntc_c", all[0].ID)
	require.Nil(t, all[0].NextAt)
	require.NotNil(t, all[2].NextAt)
	require.Len(t, list("other", "").Notices, 1)
	require.Len(t, list("admin", "?state=failed").Notices, 1)
	require.Empty(t, list("admin", "?keyId=000000000000").Notices)
	first := list("admin", "?limit=2")
	require.Len(t, first.Notices, 2)
	rest := list("admin", "?limit=2&cursor="+first.NextCursor)
	require.Len(t, rest.Notices, 1)
	require.Empty(t, rest.NextCursor)

	for query, field := range map[string]string{"?state=lost": "state", "?keyId=x": "keyId", "?cursor=x": "cursor", "?limit=0": "limit"} {
		p := problem(t, s.doLoosely(t, "admin", http.MethodGet, "/v1/notices"+query, ""))
		require.Equal(t, http.StatusBadRequest, p.Status, query)
		require.Equal(t, field, p.Errors[0].Field, query)
	}

	r := s.do(t, "admin", http.MethodPost, "/v1/notices/ntc_b/retry", "")
	require.Equal(t, http.StatusOK, r.StatusCode, r.body)
	again := decode[api.Notice](t, r.body)
	require.Equal(t, apikey.NoticePending, again.State)
	require.Empty(t, again.Error)
	for _, id := range []string{"ntc_d", "none", "%00", "a%20b"} {
		require.Equal(t, http.StatusNotFound, s.do(t, "admin", http.MethodPost, "/v1/notices/"+id+"/retry", "").StatusCode, id)
	}
	require.Equal(t, http.StatusOK, s.do(t, "admin", http.MethodPost, "/v1/notices/ntc_c/retry", "").StatusCode)
	require.Equal(t, http.StatusNotFound, s.do(t, "other", http.MethodPost, "/v1/notices/ntc_c/retry", "").StatusCode)
	require.Equal(t, http.StatusConflict, s.do(t, "admin", http.MethodPost, "/v1/notices/test", "").StatusCode, "nobody is told of anything")

	for _, c := range [][2]string{{"GET", "/v1/notices"}, {"POST", "/v1/notices/ntc_b/retry"}, {"POST", "/v1/notices/test"}} {
		require.Equal(t, http.StatusForbidden, s.do(t, "viewer", c[0], c[1], "").StatusCode, c)
		require.Equal(t, http.StatusUnauthorized, s.do(t, "", c[0], c[1], "").StatusCode, c)
	}
}
