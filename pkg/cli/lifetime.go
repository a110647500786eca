package cli

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/cli/term"
)

// lifetimeFlags say how long a key shall live.
type lifetimeFlags struct {
	in, at string
	never  bool
}

func (l *lifetimeFlags) add(cmd *cobra.Command, otherwise string) {
	f := cmd.Flags()
	f.StringVar(&l.in, "expires-in", "", "`TIME` to live from now: seconds, or such as 90d or 12h"+otherwise)
	f.StringVar(&l.at, "expiration", "",
		"last `DAY`, yyyy-MM-dd (until its end, UTC), or the moment, such as 2027-01-31T12:00:00Z")
	f.BoolVar(&l.never, "never", false, "the key does not expire")
	complete(cmd, "expires-in", fixedCompletions("1d", "7d", "30d", "90d", "365d"))
}

func (l *lifetimeFlags) read(cmd *cobra.Command) (api.Span, api.Expiry, error) {
	if err := exclusive(cmd, "expires-in", "expiration", "never"); err != nil {
		return "", "", err
	}
	if err := filled(cmd, "expires-in", "expiration"); err != nil {
		return "", "", err
	}
	if l.never {
		return api.Never, "", nil
	}
	return api.Span(l.in), api.Expiry(l.at), nil
}

// given reports whether a lifetime was asked for.
func (l *lifetimeFlags) given() bool { return l.in != "" || l.at != "" || l.never }

// expiry says when a key expires.
func expiry(k *api.Key, now time.Time) string {
	if k.ExpiresAt == nil {
		return "never expires"
	}
	return "expires " + term.Exactly(*k.ExpiresAt, now)
}
