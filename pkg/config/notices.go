package config

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/notice"
)

const (
	noticesKey   = "notices.to"
	beforeEndKey = "notices.before_end"
	unusedKey    = "notices.unused"
)

// The fields of a channel: one of the kinds, and what goes with it.
var (
	noticeKinds  = []string{"webhook", "email", "alertmanager"}
	noticeFields = slices.Concat(noticeKinds, []string{"secret_file", "events", "labels"})
	emailFields  = []string{"smtp", "password_file", "from", "to"}
)

// notices reads who is told of what.
func (r *reader) notices() notice.Config {
	c := notice.Config{BeforeEnd: r.beforeEnd(beforeEndKey), Unused: r.duration(unusedKey)}
	raw := r.k.Get(noticesKey)
	if raw == nil {
		return c
	}
	list, ok := raw.([]any)
	if !ok {
		r.wrong(noticesKey, `must be a list, such as - {webhook: "https://hooks.example.com/ostiary", secret_file: hook.secret}`)
		return c
	}
	for i, item := range list {
		key := fmt.Sprintf("%s[%d]", noticesKey, i)
		fields, ok := item.(map[string]any)
		if !ok {
			r.wrong(key, "must have fields: one of %s, and perhaps events and labels", strings.Join(noticeKinds, ", "))
			continue
		}
		if ch, ok := r.noticeChannel(key, fields); ok {
			c.To = append(c.To, ch)
		}
	}
	return c
}

// beforeEnd reads how long before the ends of keys people are told.
func (r *reader) beforeEnd(key string) (list []time.Duration) {
	for _, s := range r.list(key) {
		d, err := apikey.ParseTTL(s)
		switch {
		case err != nil:
			r.wrong(key, "%s", err)
		case d == 0:
			r.wrong(key, "%q is no time before the end; write one such as 7d, or leave all out with []", s)
		default:
			list = append(list, d)
		}
	}
	return list
}

// noticeChannel reads one way to tell people.
func (r *reader) noticeChannel(key string, fields map[string]any) (c notice.Channel, ok bool) {
	before := len(r.mistakes)
	r.onlyFields(key, fields, noticeFields, "a channel")
	var kinds []string
	for _, kind := range noticeKinds {
		if fields[kind] != nil {
			kinds = append(kinds, kind)
		}
	}
	switch {
	case len(kinds) != 1:
		r.wrong(key, "must have one of %s, and has %s", strings.Join(noticeKinds, ", "), countOf(kinds))
	case kinds[0] == "webhook":
		c.Webhook = &notice.Webhook{URL: r.receiver(key+".webhook", r.field(key, fields, "webhook")),
			Secret: r.secretFile(key, fields, "secret_file", "the secret that the receiver checks signatures with,")}
		if c.Webhook.Secret != "" {
			_, err := notice.ParseSecret(c.Webhook.Secret)
			r.mistakes.AddError(r.of(key+".secret_file"), err)
		}
	case kinds[0] == "email":
		c.Email = r.email(key+".email", fields["email"])
	default:
		address := r.field(key, fields, "alertmanager")
		c.Alertmanager = &notice.Alertmanager{URL: r.receiver(key+".alertmanager", address)}
	}
	if fields["secret_file"] != nil && len(kinds) == 1 && kinds[0] != "webhook" {
		r.wrong(key+".secret_file", "is for webhooks; %s has no signature", kinds[0])
	}
	c.Events = r.words(key, fields, "events")
	for _, pattern := range c.Events {
		if err := notice.CheckPattern(pattern); err != nil {
			r.wrong(key+".events", "%s", err)
		}
	}
	c.Labels = r.noticeLabels(key, fields["labels"])
	return c, len(r.mistakes) == before
}

func countOf(kinds []string) string {
	if len(kinds) == 0 {
		return "none of them"
	}
	return strings.Join(kinds, " and ")
}

// onlyFields finds fault with fields that are not among some.
func (r *reader) onlyFields(key string, fields map[string]any, known []string, of string) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(known, name) {
			r.wrong(key+"."+name, "is not a field of %s; there are %s", of, strings.Join(known, ", "))
		}
	}
}

// receiver reads the address of who gets notices over HTTP.
func (r *reader) receiver(key, s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Fragment != "" {
		r.wrong(key, "is not an address such as https://hooks.example.com/ostiary (http or https)")
		return &url.URL{}
	}
	return u
}

func (r *reader) email(key string, raw any) *notice.Email {
	fields, ok := raw.(map[string]any)
	if !ok {
		r.wrong(key, "must have the fields %s", strings.Join(emailFields, ", "))
		return nil
	}
	r.onlyFields(key, fields, emailFields, "email")
	e := &notice.Email{Server: &url.URL{}, From: r.field(key, fields, "from"), To: r.words(key, fields, "to")}
	u, err := url.Parse(r.field(key, fields, "smtp"))
	if err != nil {
		r.wrong(key+".smtp", "is not an address such as smtps://user@mail.example.com:465")
	} else if err := notice.CheckServer(u); err != nil {
		r.wrong(key+".smtp", "%s", err)
	} else {
		e.Server = u
	}
	switch user := e.Server.User.Username(); {
	case fields["password_file"] != nil:
		e.Password = r.secretFile(key, fields, "password_file", "the password of the mail server")
		if user == "" && e.Server.Host != "" {
			r.wrong(key+".smtp", "names no user, whose password is in password_file; write smtps://user@mail.example.com:465")
		}
	case user != "":
		r.wrong(key+".password_file", "is missing; it names a file that holds the password of %s alone", user)
	}
	if err := notice.CheckAddress(e.From); err != nil {
		r.wrong(key+".from", "%s", err)
	}
	if len(e.To) == 0 {
		r.wrong(key+".to", "is missing; write addresses, and owner for the owner of the key, such as [owner, ops@example.com]")
	}
	for _, to := range e.To {
		if err := notice.CheckAddress(to); err != nil && to != notice.Owner {
			r.wrong(key+".to", "%s; owner stands for the owner of the key", err)
		}
	}
	return e
}

// noticeLabels reads the labels that a key must have.
func (r *reader) noticeLabels(key string, raw any) map[string]string {
	if raw == nil {
		return nil
	}
	fields, ok := raw.(map[string]any)
	if !ok {
		r.wrong(key+".labels", "must be labels with their values, such as {team: sre}")
		return nil
	}
	labels := map[string]string{}
	for name := range fields {
		labels[name] = r.field(key+".labels", fields, name)
	}
	checked, err := apikey.ParseLabels(labels)
	if err != nil {
		r.wrong(key+".labels", "%s", err)
	}
	return checked
}
