package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/client"
)

// rotatedFlag asks a command that ends a key to end those too which the key
// replaced: after a rotation they go on working for the overlap.
type rotatedFlag struct{ given bool }

func (r *rotatedFlag) add(cmd *cobra.Command, usage string) {
	cmd.Flags().BoolVar(&r.given, "rotated", false, usage)
}

// reach is what the flag asks of the server.
func (r *rotatedFlag) reach() []api.Reach {
	if r.given {
		return []api.Reach{api.AndRotated}
	}
	return nil
}

// rotatedKeys returns the keys that k replaced and that still work; with the
// flag those too that are disabled, because they end as well.
func (r *rotatedFlag) rotatedKeys(ctx context.Context, c *client.Client, k *api.Key) ([]api.Key, error) {
	if k.RotatedFrom == "" {
		return nil, nil
	}
	keys, err := c.Rotated(ctx, k.ID)
	switch {
	case apikey.ErrorCode(err) == apikey.CodeNotFound && r.given:
		return nil, failed(exitFailed, "leave --rotated out, and end what the key replaced on its own: ostiary key get "+k.RotatedFrom,
			"the server is older than this command, and cannot end a key with those that it replaced")
	case apikey.ErrorCode(err) == apikey.CodeNotFound:
		return nil, nil
	}
	if !r.given {
		keys = slices.DeleteFunc(keys, func(k api.Key) bool { return k.State != apikey.StateActive })
	}
	return keys, err
}

// announce names the keys before somebody is asked whether one that replaced
// them shall end.
func (r *rotatedFlag) announce(a *app, keys []api.Key) {
	for _, k := range keys {
		if r.given {
			a.say("With it ends %q (%s), %s, which it replaced.", k.Name, k.ID, k.State)
		} else {
			a.say("It replaced %q (%s), which %s; --rotated ends that too.", k.Name, k.ID, stillWorks(&k))
		}
	}
}

// report tells what became of the keys when the one that replaced them ended:
// done is that in one word, and again the command that does it to one of them.
func (r *rotatedFlag) report(a *app, cmd *cobra.Command, keys []api.Key, done, again string) {
	for _, k := range keys {
		if r.given {
			a.say("%s with it: %q (%s).", done, k.Name, k.ID)
		} else {
			a.say("ostiary: note: %q %s; end it too: %s%s", k.Name, stillWorks(&k), fmt.Sprintf(again, k.ID), sameServer(cmd))
		}
	}
}

func stillWorks(k *api.Key) string {
	if k.ExpiresAt == nil {
		return "still works, and never expires"
	}
	return "still works until " + k.ExpiresAt.UTC().Format(time.RFC3339)
}

// sameServer are the flags that a further command needs to reach the same
// server, without keys; each with a space before it.
func sameServer(cmd *cobra.Command) string {
	var b strings.Builder
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "url", "api-key-file", "context", "ca-file":
			b.WriteString(" --" + f.Name + " " + term.Quote(f.Value.String()))
		case "insecure":
			b.WriteString(" --insecure=" + f.Value.String())
		}
	})
	return b.String()
}
