package cli

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/client"
)

func newKeyList(a *app) *cobra.Command {
	var s selection
	var p paging
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List keys",
		Long: `Lists keys by name. Expired and revoked keys stay listed until they are
deleted.

A search finds the keys that have all of its words, in any order and without
regard to case and accents, in the name, the description, the pool, the owner,
who made it, labels, tenants, endpoints, addresses, the address of the last use,
or ids. An address also finds the keys that are limited to a block around it,
and a block those that are limited to one in or around it.

Words such as role:agent, state:active, pool:edge, owner:grace, label:team=sre,
tenant:a, endpoint:loki, unused:30d and expires:7d count as the flags do. Several
roles, states, pools or owners are alternatives, of labels, tenants and endpoints
a key must have all. A minus before any of it, or before a word, leaves keys out.
In quotes all of these are words like any other.`,
		Example: `  ostiary key list
  ostiary key list --state active --sort expiresAt
  ostiary key list --owner sre@example.com --label team=sre
  ostiary key list --state active --unused 90d
  ostiary key list --expires 7d --sort expiresAt
  ostiary key list -q 'edge 10.0.0.7 role:agent role:viewer -label:team=old -test'
  ostiary key list -q edge --role Agent --all -o json`,
		Args: arguments(),
	}
	s.add(a, cmd)
	cmd.Flags().StringVar(&s.query.Sort, "sort", "",
		"`ORDER`: name, number, createdAt, expiresAt or lastUsedAt; -name and so on for descending (default name)")
	p.add(cmd)
	complete(cmd, "sort", fixedCompletions("name", "number", "createdAt", "expiresAt", "lastUsedAt",
		"-name", "-number", "-createdAt", "-expiresAt", "-lastUsedAt"))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := errors.Join(s.read(cmd), filled(cmd, "sort")); err != nil {
			return err
		}
		if err := p.check(cmd); err != nil {
			return err
		}
		c, err := a.connect(cmd)
		if err != nil {
			return err
		}
		return a.keyList(cmd.Context(), c, s.query, p)
	}
	return cmd
}

func (a *app) keyList(ctx context.Context, c *client.Client, q client.KeyQuery, p paging) error {
	keys, next, err := collect(p, func(cursor string, limit int) ([]api.Key, string, error) {
		q.Cursor, q.Limit = cursor, limit
		page, err := c.Keys(ctx, q)
		if err != nil {
			return nil, "", err
		}
		return page.Keys, page.NextCursor, nil
	})
	if err != nil {
		return err
	}
	if err := a.showList(api.KeyList{Keys: keys, NextCursor: next}, keyRows(keys, time.Now()), term.Table,
		"No keys."); err != nil {
		return err
	}
	if next != "" {
		a.say("There are more keys than these %d; --all lists them all.", len(keys))
	}
	return nil
}

// keyRows are the rows of a table of keys. Labels and tenants are columns where a key has any.
func keyRows(keys []api.Key, now time.Time) [][]string {
	head := []string{"ID", "NAME", "OWNER", "ROLE", "POOL", "STATE", "EXPIRES", "LAST USED"}
	labelled := slices.ContainsFunc(keys, func(k api.Key) bool { return len(k.Labels) > 0 })
	ofTenants := slices.ContainsFunc(keys, func(k api.Key) bool { return len(k.Tenants) > 0 })
	if labelled {
		head = append(head, "LABELS")
	}
	if ofTenants {
		head = append(head, "TENANTS")
	}
	rows := [][]string{head}
	for _, k := range keys {
		row := []string{
			k.ID, k.Name, term.OrDash(k.Owner), k.Role.String(), term.OrDash(k.Pool), string(k.State),
			term.RelativeOr(k.ExpiresAt, now, "never"), term.RelativeOr(k.LastUsedAt, now, "never"),
		}
		if labelled {
			row = append(row, term.OrDash(strings.Join(apikey.LabelTexts(k.Labels), ",")))
		}
		if ofTenants {
			row = append(row, term.OrDash(strings.Join(k.Tenants, ",")))
		}
		rows = append(rows, row)
	}
	return rows
}

// paging says how much of a list is asked for.
type paging struct {
	limit int
	all   bool
}

func (p *paging) add(cmd *cobra.Command) {
	cmd.Flags().IntVar(&p.limit, "limit", apikey.DefaultPageSize, "list this `NUMBER` at the most")
	cmd.Flags().BoolVar(&p.all, "all", false, "list all")
}

func (p *paging) check(cmd *cobra.Command) error {
	if p.limit < 1 {
		return usageError("--limit is %d; it must be at least 1", p.limit)
	}
	return exclusive(cmd, "limit", "all")
}

// collect fetches pages until there is as much as was asked for. Next is the
// cursor of what follows, if anything does.
func collect[T any](
	p paging, fetch func(cursor string, limit int) ([]T, string, error),
) (items []T, next string, err error) {
	items = []T{}
	for {
		size := apikey.MaxPageSize
		if !p.all {
			size = min(size, p.limit-len(items))
		}
		page, following, err := fetch(next, size)
		if err != nil {
			return nil, "", err
		}
		items = append(items, page...)
		if following == "" || following == next || !p.all && len(items) >= p.limit {
			return items, following, nil
		}
		next = following
	}
}
