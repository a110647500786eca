package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/client"
)

// lately is how long ago a token was sent at the most by somebody who still sends it.
const lately = 24 * time.Hour

// senders are who sent one of a key's tokens.
type senders struct {
	token   api.Token
	clients []api.KeyClient // the newest first
	last    time.Time       // that the token was sent, and let in or refused; zero = never
}

// sendersOf returns who sent a token.
func sendersOf(t api.Token, clients []api.KeyClient) (s senders) {
	s.token = t
	if t.LastUsedAt != nil {
		s.last = *t.LastUsedAt
	}
	for _, c := range clients {
		if c.TokenID != t.ID {
			continue
		}
		s.clients = append(s.clients, c)
		if c.LastAt.After(s.last) {
			s.last = c.LastAt
		}
	}
	return s
}

// isSent reports whether somebody still sends the token although there is one that was made at a moment.
func (s *senders) isSent(newest, now time.Time) bool {
	return s.last.After(newest) && now.Sub(s.last) < lately
}

// names says who sent the token lately: a few of them, and how many more.
func (s *senders) names(now time.Time) string {
	const few = 3
	var names []string
	more := 0
	for _, c := range s.clients {
		switch {
		case now.Sub(c.LastAt) >= lately:
		case len(names) == few:
			more++
		default:
			names = append(names, senderName(&c))
		}
	}
	if more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

func senderName(c *api.KeyClient) string {
	name := c.UserAgent
	if name == "" {
		name = "a program without a name"
	}
	if c.Address != "" {
		name += " at " + c.Address
	}
	return name
}

// sentence says whether a token that has a successor is still sent. It is empty if nobody needs to know: of a token
// that has ended, and that nobody sends.
func (s *senders) sentence(k *api.Key, now time.Time) string {
	ended := s.token.State != apikey.StateActive
	switch by := s.names(now); {
	case s.isSent(newest(k).CreatedAt, now):
		text := "The token " + s.token.ID + " is still sent"
		if ended {
			text += ", and refused"
		}
		if by != "" {
			text += ": by " + by
		}
		return fmt.Sprintf("%s, last %s. See: ostiary key clients %s --token %s", text, term.Exactly(s.last, now),
			k.ID, s.token.ID)
	case ended:
		return ""
	case s.last.IsZero():
		return fmt.Sprintf("The token %s was never sent: safe to end.", s.token.ID)
	}
	return fmt.Sprintf("The token %s: nobody since %s: safe to end, unless a sender pauses for longer.", s.token.ID,
		term.Exactly(s.last, now))
}

// saySenders says for people who still sends the tokens of a key that have a successor.
func (a *app) saySenders(ctx context.Context, c *client.Client, k *api.Key) error {
	if a.flags.output != formatTable || len(k.Tokens) < 2 {
		return nil
	}
	list, err := c.Clients(ctx, k.ID)
	if err != nil {
		return err
	}
	now := time.Now()
	for _, t := range k.Tokens[:len(k.Tokens)-1] {
		s := sendersOf(t, list.Clients)
		if text := s.sentence(k, now); text != "" {
			a.say("%s", text)
		}
	}
	return nil
}

// whoChanges says for people, after a rotation, who has yet to take the new token. It is empty if that is not known.
func (a *app) whoChanges(ctx context.Context, c *client.Client, k *api.Key) string {
	if a.flags.output != formatTable || len(k.Tokens) < 2 {
		return ""
	}
	list, err := c.Clients(ctx, k.ID)
	if err != nil {
		return "" // the key is rotated in any case
	}
	all := senders{clients: list.Clients}
	by := all.names(time.Now())
	if by == "" {
		return "Nobody sent them in the last 24 hours."
	}
	return fmt.Sprintf("Sent in the last 24 hours by %s. Who still sends which: ostiary key tokens %s", by, k.ID)
}
