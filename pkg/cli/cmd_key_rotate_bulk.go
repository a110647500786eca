package cli

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/client"
)

// rotation prints the tokens of many keys that are rotated, some at a time.
type rotation struct {
	*app
	flags *rotateFlags
	done  []api.IssuedKey
	shown int // of done
}

// rotateSelected gives all keys of a selection another token, after it has asked.
func (a *app) rotateSelected(cmd *cobra.Command, s *selection, r *rotateFlags, how api.RotateKey) error {
	if a.flags.output == formatToken {
		return usageError("-o token prints one key; use table, json or yaml for several")
	}
	if err := s.readForMany(cmd); err != nil {
		return err
	}
	c, err := a.connect(cmd)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	keys, err := s.keys(ctx, c, []apikey.State{apikey.StateActive, apikey.StateDisabled})
	if err != nil {
		return err
	}
	p := &rotation{app: a, flags: r, done: []api.IssuedKey{}}
	if len(keys) > 0 {
		turn := act{verb: "Rotate", past: "Rotated",
			do: func(ctx context.Context, c *client.Client, id string) (*api.Key, error) {
				return p.rotate(ctx, c, id, how)
			}}
		if keys, err = a.confirmBulk(cmd, c, keys, turn); err != nil {
			return err
		}
		err = a.work(ctx, c, keys, turn, &bulkResult{})
	}
	return errors.Join(p.finish(), err)
}

func (p *rotation) rotate(ctx context.Context, c *client.Client, id string, how api.RotateKey) (*api.Key, error) {
	issued, err := c.Rotate(ctx, id, how)
	if err != nil {
		return nil, err
	}
	p.done = append(p.done, *issued)
	if len(p.done)-p.shown == bulkStep {
		err = p.print()
	}
	return &issued.Key, err
}

// print prints the tokens that were not printed yet, where they are lines of a table; the other formats are one whole.
func (p *rotation) print() error {
	fresh := p.done[p.shown:]
	if p.app.flags.output != formatTable || len(fresh) == 0 {
		return nil
	}
	rows := rotatedRows(fresh)
	if p.shown == 0 {
		p.say("%s", p.flags.poolFate(&fresh[0].Key, time.Now()))
		p.say("This is the only time that the whole keys are shown:")
	} else {
		rows = rows[1:]
	}
	p.shown = len(p.done)
	return p.show(fresh, func(w io.Writer) { term.Table(w, rows) })
}

func (p *rotation) finish() error {
	err := p.print()
	if err == nil && p.app.flags.output != formatTable {
		err = p.show(api.RotatedPool{Keys: p.done}, nil)
	}
	if err != nil {
		p.say("ostiary: the tokens are made, but the only copy of some of them is lost; rotate those keys again")
		return err
	}
	p.say("Rotated %s.", term.Count(len(p.done), "key"))
	return nil
}
