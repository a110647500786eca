package api

import (
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Notice is something that somebody is told through one channel.
type Notice struct {
	ID          string             `json:"id"` // the webhook-id as well; the same for every attempt
	At          time.Time          `json:"at"`
	Event       apikey.Event       `json:"event"`
	Title       string             `json:"title"`
	Text        string             `json:"text"`
	KeyID       string             `json:"keyId"`   // empty if it is about no key
	KeyName     string             `json:"keyName"` // at that time
	Owner       string             `json:"owner"`
	Channel     string             `json:"channel"` // webhook, email or alertmanager
	To          string             `json:"to"`      // who gets it, without anything secret
	State       apikey.NoticeState `json:"state"`
	Attempts    int                `json:"attempts"`
	NextAt      *time.Time         `json:"nextAt"`      // of the next attempt; null = there will be none
	DeliveredAt *time.Time         `json:"deliveredAt"` // null = not yet
	Error       string             `json:"error"`       // of the last attempt
}

// NoticeList is a page of notices, the newest first.
type NoticeList struct {
	Notices    []Notice `json:"notices"`
	NextCursor string   `json:"nextCursor"` // empty on the last page
}

// FromNotice describes a notice.
func FromNotice(n *apikey.Notice) Notice {
	out := Notice{
		ID: n.ID, At: wireTime(n.At), Event: n.Event, Title: n.Title, Text: n.Text, KeyID: n.KeyID, KeyName: n.KeyName,
		Owner: n.Owner, Channel: n.Channel, To: n.To, State: n.State, Attempts: n.Attempts,
		DeliveredAt: moment(n.DeliveredAt), Error: n.Error,
	}
	if n.State == apikey.NoticePending {
		out.NextAt = moment(n.NextAt)
	}
	return out
}

// FromNotices describes notices.
func FromNotices(list []apikey.Notice) []Notice {
	out := make([]Notice, len(list))
	for i := range list {
		out[i] = FromNotice(&list[i])
	}
	return out
}
