package cli

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

// selection says which keys a command is about.
type selection struct {
	query           client.KeyQuery
	unused, expires string
}

// selectionFlags are those that selection adds.
var selectionFlags = []string{"state", "role", "pool", "owner", "label", "tenant", "endpoint", "unused", "expires",
	"search"}

func (s *selection) add(a *app, cmd *cobra.Command) {
	f, q := cmd.Flags(), &s.query
	f.SortFlags = false
	f.StringVar(&q.State, "state", "", "only those in this `STATE`: active, disabled, expired or revoked")
	f.StringVar(&q.Role, "role", "", "only those with this `ROLE`: Admin, Editor, Viewer or Agent")
	f.StringVar(&q.Pool, "pool", "", "only those of this agent `POOL`; "+api.NoPool+" = those without a pool")
	f.StringVar(&q.Owner, "owner", "", "only those of this `OWNER`")
	f.Var(&wordsFlag{words: &q.Labels, empty: "leave it out for keys with any labels", split: splitLabels,
		check: checkLabelFilters}, "label", "only those with this `LABEL`, as team=sre, or team for any value; may be repeated")
	f.StringVar(&q.Tenant, "tenant", "", `only those that name this `+"`TENANT`"+`; "*" = those with any`)
	f.StringVar(&q.Endpoint, "endpoint", "", "only those that are limited to this `ENDPOINT`, perhaps with others")
	f.StringVar(&s.unused, "unused", "", "only those neither used nor made for this `TIME`, such as 30d, or never used, never")
	f.StringVar(&s.expires, "expires", "", "only active ones that end within this `TIME`, such as 7d")
	f.StringVarP(&q.Search, "search", "q", "", "only those with all words of this `TEXT`, such as 'edge role:agent'")
	complete(cmd, "pool", a.completePools)
	complete(cmd, "state", fixedCompletions("active", "disabled", "expired", "revoked"))
	complete(cmd, "role", roleCompletions())
	complete(cmd, "endpoint", a.completeEndpoints)
	complete(cmd, "unused", fixedCompletions("30d", "90d", "365d", "never"))
	complete(cmd, "expires", fixedCompletions("1d", "7d", "30d"))
}

// read checks the flags. Whether a value is good, the server says. An empty search is none, as in the pages.
func (s *selection) read(cmd *cobra.Command) error {
	s.query.Unused, s.query.Expires = api.Span(s.unused), api.Span(s.expires)
	return filled(cmd, slices.DeleteFunc(slices.Clone(selectionFlags),
		func(name string) bool { return name == "search" })...)
}

// readForMany is read for what changes all keys that are selected: a search without a word would select every key.
func (s *selection) readForMany(cmd *cobra.Command) error {
	if err := errors.Join(s.read(cmd), filled(cmd, "search")); err != nil {
		return err
	}
	isNoWord := func(r rune) bool { return unicode.IsSpace(r) || r == '"' || r == '-' }
	if cmd.Flags().Changed("search") && strings.TrimFunc(s.query.Search, isNoWord) == "" {
		return usageError("--search %q has no word in it; give it one or leave it out", s.query.Search)
	}
	return nil
}

// given reports whether anything is selected by.
func (s *selection) given(cmd *cobra.Command) bool {
	return slices.ContainsFunc(selectionFlags, cmd.Flags().Changed)
}

func checkLabelFilters(words []string) error {
	for _, word := range words {
		if _, err := apikey.ParseLabelFilter(word); err != nil {
			return err
		}
	}
	return nil
}

// keys returns all keys of the selection that are in one of some states, each once, in the order of their numbers.
func (s *selection) keys(ctx context.Context, c *client.Client, states []apikey.State) (keys []api.Key, err error) {
	q := s.query
	q.Sort, q.Limit = string(apikey.SortNumber), apikey.MaxPageSize
	for k, err := range c.AllKeys(ctx, q) {
		if err != nil {
			return nil, err
		}
		if slices.Contains(states, k.State) {
			keys = append(keys, k)
		}
	}
	return keys, nil
}

// completeEndpoints completes names of endpoints of the gate.
func (a *app) completeEndpoints(
	cmd *cobra.Command, _ []string, _ string,
) ([]cobra.Completion, cobra.ShellCompDirective) {
	return a.completeFromServer(cmd, nil,
		func(ctx context.Context, c *client.Client) (found []cobra.Completion, err error) {
			list, err := c.Endpoints(ctx)
			if err != nil {
				return nil, err
			}
			for _, e := range list.Endpoints {
				found = append(found,
					cobra.CompletionWithDesc(e.Name, strings.TrimSpace(e.Kind+" "+strings.Join(e.Paths, " "))))
			}
			return found, nil
		})
}
