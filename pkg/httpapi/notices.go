package httpapi

import (
	"net/http"
	"regexp"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// noticeOrder is the one order of notices.
const noticeOrder = "notices"

func (h *handler) listNotices(w http.ResponseWriter, r *http.Request) error {
	q, err := readNoticeQuery(r)
	if err != nil {
		return err
	}
	list, next, err := h.Service.Notices(r.Context(), q)
	if err != nil {
		return err
	}
	page := api.NoticeList{Notices: api.FromNotices(list)}
	if next != nil {
		page.NextCursor = cursor{Order: noticeOrder, Time: next.At, Name: next.ID, Number: 1}.String()
	}
	api.Write(w, http.StatusOK, page)
	return nil
}

func readNoticeQuery(r *http.Request) (q apikey.NoticeQuery, err error) {
	p, err := readParameters(r)
	if err != nil {
		return q, err
	}
	if s := p.text("state"); s != "" {
		q.State, err = apikey.ParseNoticeState(s)
		p.wrong.AddError("state", err)
	}
	if q.KeyID = p.text("keyId"); q.KeyID != "" && api.CheckID(q.KeyID) != nil {
		p.wrong.Add("keyId", "is not the id of a key; an id has 12 letters and digits")
	}
	if c := p.cursor(noticeOrder); c != nil {
		q.After = &apikey.NoticePosition{At: c.Time, ID: c.Name}
	}
	q.Limit = p.limit()
	return q, p.wrong.Err()
}

var noticeID = regexp.MustCompile(`^[0-9A-Za-z_]{1,64}$`)

func (h *handler) retryNotice(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if !noticeID.MatchString(id) {
		return apikey.Errorf(apikey.CodeNotFound, "There is no such notice. Take its id from the list of notices.")
	}
	if err := readBody(w, r, &struct{}{}, mayBeEmpty); err != nil {
		return err
	}
	n, err := h.Service.RetryNotice(r.Context(), id)
	if err != nil {
		return err
	}
	api.Write(w, http.StatusOK, api.FromNotice(n))
	return nil
}

// testNotices sends a notice through every channel and says how that went.
func (h *handler) testNotices(w http.ResponseWriter, r *http.Request) error {
	if err := readBody(w, r, &struct{}{}, mayBeEmpty); err != nil {
		return err
	}
	if h.TestNotices == nil {
		return apikey.Errorf(apikey.CodeConflict,
			"Nobody is told of anything here: the configuration names nobody in notices.to. Add a webhook, an email or an alertmanager there.")
	}
	list, err := h.TestNotices(r.Context())
	if err != nil {
		return err
	}
	api.Write(w, http.StatusOK, api.NoticeList{Notices: api.FromNotices(list)})
	return nil
}
