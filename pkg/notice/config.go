package notice

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Config says who is told of what.
type Config struct {
	BeforeEnd []time.Duration // how long before the end of a key people are told
	Unused    time.Duration   // how long a key is not used until people are told; 0 = they are not
	To        []Channel
}

// IsZero reports whether nobody is told of anything.
func (c *Config) IsZero() bool { return len(c.To) == 0 }

// Channel is one way to tell people: one of the three.
type Channel struct {
	Webhook      *Webhook
	Email        *Email
	Alertmanager *Alertmanager

	Events []string          // patterns such as key.*; empty = all events
	Labels map[string]string // that a key must have; then nothing comes that is about no key
}

// Webhook is an address that is sent signed JSON: see Standard Webhooks.
type Webhook struct {
	URL    *url.URL
	Secret string // see ParseSecret
}

// Email is a mail server, and who gets mail.
type Email struct {
	Server   *url.URL // smtp: with STARTTLS where the server has it, or smtps:
	Password string   // of the address' user; empty = none
	From     string
	To       []string // addresses, and Owner
}

// Owner stands among the addresses for the owner of the key, if that is an
// address.
const Owner = "owner"

// Alertmanager is the address of one, whose alerts end with their causes.
type Alertmanager struct{ URL *url.URL }

// CheckPattern says what is wrong with a pattern of events.
func CheckPattern(pattern string) error {
	matches := func(e apikey.Event) bool { return matchPattern(pattern, e) }
	if pattern != "" && slices.ContainsFunc(apikey.Events(), matches) {
		return nil
	}
	return fmt.Errorf("%q fits no event; there are %s, and patterns such as key.*", pattern, apikey.EventNames())
}

func matchPattern(pattern string, e apikey.Event) bool {
	ok, err := path.Match(pattern, string(e))
	return err == nil && ok
}

// takes reports whether a channel wants what happened.
func (c *Channel) takes(h *apikey.Happening) bool {
	if len(c.Events) > 0 && !slices.ContainsFunc(c.Events, func(p string) bool { return matchPattern(p, h.Event) }) {
		return false
	}
	if len(c.Labels) == 0 {
		return true
	}
	if h.Key == nil {
		return false
	}
	for name, value := range c.Labels {
		if got, has := h.Key.Labels[name]; !has || value != "" && got != value {
			return false
		}
	}
	return true
}

// wants reports whether any channel wants an event, of whichever key.
func (c *Config) wants(e apikey.Event) bool {
	return slices.ContainsFunc(c.To, func(ch Channel) bool {
		return len(ch.Events) == 0 ||
			slices.ContainsFunc(ch.Events, func(p string) bool { return matchPattern(p, e) })
	})
}

// Place is where an address leads, without what may be secret in it: it is
// what people see of a channel.
func Place(u *url.URL) string { return strings.ToLower(u.Scheme) + "://" + u.Host }

// step is the shortest of the times before an end that has begun, or 0.
func (c *Config) step(left time.Duration) (step time.Duration) {
	for _, d := range c.BeforeEnd {
		if left <= d && (step == 0 || d < step) {
			step = d
		}
	}
	return step
}

// longest is the longest of the times before an end.
func (c *Config) longest() (d time.Duration) {
	for _, one := range c.BeforeEnd {
		d = max(d, one)
	}
	return d
}
