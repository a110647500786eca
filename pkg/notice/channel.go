package notice

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// The kinds of channels.
const (
	kindWebhook      = "webhook"
	kindEmail        = "email"
	kindAlertmanager = "alertmanager"
)

// channel is one that delivers.
type channel struct {
	Channel
	id     string // the same in every server with the same configuration
	kind   string
	sender sender
}

// sender delivers notices that go to the same recipient.
type sender interface {
	// send returns nil if the notices arrived. Its error holds nothing secret.
	send(ctx context.Context, notices []apikey.Notice, now time.Time) error
}

// newChannel prepares a channel, which the configuration has checked.
func newChannel(c Channel) (*channel, error) {
	ch := &channel{Channel: c}
	var err error
	var address string
	switch {
	case c.Webhook != nil:
		ch.kind, address = kindWebhook, c.Webhook.URL.String()
		ch.sender, err = newWebhookSender(c.Webhook)
	case c.Email != nil:
		ch.kind, address = kindEmail, c.Email.Server.Redacted()+" "+c.Email.From
		ch.sender = newMailSender(c.Email)
	default:
		ch.kind, address = kindAlertmanager, c.Alertmanager.URL.String()
		ch.sender = newAlertSender(c.Alertmanager)
	}
	sum := sha256.Sum256([]byte(address))
	ch.id = ch.kind + "-" + hex.EncodeToString(sum[:6])
	return ch, err
}

// recipients are those who get a notice by the channel.
func (c *channel) recipients(owner string) (to []string) {
	switch c.kind {
	case kindWebhook:
		return []string{Place(c.Webhook.URL)}
	case kindAlertmanager:
		return []string{Place(c.Alertmanager.URL)}
	}
	for _, address := range c.Email.To {
		if address == Owner {
			address = ownerAddress(owner)
		}
		if address != "" && !slices.ContainsFunc(to, func(s string) bool { return strings.EqualFold(s, address) }) {
			to = append(to, address)
		}
	}
	return to
}

// ownerAddress is the address of mail in an owner, or nothing.
func ownerAddress(owner string) string {
	a, err := mail.ParseAddress(owner)
	if err != nil || strings.ContainsFunc(a.Address, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return ""
	}
	return a.Address
}

// setup is a configuration that is in force.
type setup struct {
	Config
	channels []*channel
}

// address makes what is to be told a notice for each who gets it.
func (s *setup) address(m *message, now time.Time) (list []apikey.Notice) {
	for _, c := range s.channels {
		if m.Event != apikey.EventTest && !c.takes(&m.Happening) {
			continue
		}
		for _, to := range c.recipients(m.owner()) {
			n := m.notice()
			n.ID, n.Channel, n.ChannelID, n.To = newID(), c.kind, c.id, to
			n.State, n.Since, n.NextAt = apikey.NoticePending, now, now
			n.Digest = n.Digest && c.kind == kindEmail
			list = append(list, n)
		}
	}
	return list
}

func newID() string { return "ntc_" + rand.Text() }

// channel returns the channel with an id, or nil.
func (s *setup) channel(id string) *channel {
	i := slices.IndexFunc(s.channels, func(c *channel) bool { return c.id == id })
	if i < 0 {
		return nil
	}
	return s.channels[i]
}
