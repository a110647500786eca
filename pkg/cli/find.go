package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/config"
)

// findKey returns the key with the id, which may be that of any of its tokens, or
// else the one with the very name. A text that is both is refused: the wrong key
// might end.
func findKey(ctx context.Context, c *client.Client, idOrName string) (*api.Key, error) {
	if id, ok := apikey.ParseToken(idOrName); ok {
		return nil, failed(exitUsage,
			"its id is "+id.String()+"; whoever may have seen the key there can use it, so consider to rotate it",
			"this is a whole API key and not an id; it has no place in the arguments, which others can see")
	}
	var byID *api.Key
	if _, ok := apikey.ParseID(idOrName); ok {
		var err error
		if byID, err = findByID(ctx, c, idOrName); err != nil {
			return nil, err
		}
	}
	byName, err := findByName(ctx, c, idOrName)
	switch {
	case err != nil:
		return nil, err
	case byID != nil && byName != nil && byID.ID != byName.ID:
		return nil, failed(exitUsage,
			fmt.Sprintf("say which: %s is the name of the one, %s the id of the other", term.Quote(byID.Name),
				byName.ID),
			"%s is the id of the key %q, and the name of the key %s", idOrName, byID.Name, byName.ID)
	case byID != nil:
		return byID, nil
	case byName != nil:
		return byName, nil
	}
	return nil, failed(exitNotFound, hintOfKeys(ctx, c, idOrName), "there is no key with the id or name %q", idOrName)
}

// hintOfKeys says which key was meant by a name that none has, or how to find it.
func hintOfKeys(ctx context.Context, c *client.Client, name string) string {
	const all = "see which keys there are: ostiary key list"
	if names, err := namesWith(ctx, c, name); err != nil {
		return all
	} else if len(names) > 0 {
		return all + " -q " + term.Quote(name)
	}
	if meant := closestName(ctx, c, name); meant != "" {
		return "did you mean " + term.Quote(meant) + "? See which keys there are: ostiary key list"
	}
	return all
}

// closestName returns the name of a key that a misspelt one may have meant, or nothing. One mistake leaves either half
// of a name as it is, and that can be searched for among any number of keys.
func closestName(ctx context.Context, c *client.Client, name string) string {
	runes := []rune(apikey.Normal(name))
	const shortest = 2 // half that can be searched for
	middle := len(runes) / 2
	if middle < shortest {
		return ""
	}
	var known []string
	for _, half := range []string{string(runes[:middle]), string(runes[middle:])} {
		names, err := namesWith(ctx, c, half)
		if err != nil {
			return ""
		}
		known = append(known, names...)
	}
	return config.Closest(name, known)
}

// namesWith returns names of keys that a search finds, as many as a page holds.
func namesWith(ctx context.Context, c *client.Client, text string) (names []string, err error) {
	for k, err := range c.AllKeys(ctx, client.KeyQuery{Search: client.Literally(text), Limit: apikey.MaxPageSize}) {
		if err != nil {
			return nil, err
		}
		if names = append(names, k.Name); len(names) == apikey.MaxPageSize {
			break
		}
	}
	return names, nil
}

// findID returns the id of a key that may be gone: an id as it is, or that of the
// key with the name. It is empty if idOrName is.
func findID(ctx context.Context, c *client.Client, idOrName string) (string, error) {
	if _, isID := apikey.ParseID(idOrName); isID || idOrName == "" {
		return idOrName, nil
	}
	k, err := findKey(ctx, c, idOrName)
	if err != nil {
		return "", err
	}
	return k.ID, nil
}

// findByID returns the key that has the id, or a token with it, or nil.
func findByID(ctx context.Context, c *client.Client, id string) (*api.Key, error) {
	k, err := c.Key(ctx, id)
	if apikey.ErrorCode(err) != apikey.CodeNotFound {
		return k, err
	}
	for k, err := range c.AllKeys(ctx, client.KeyQuery{Search: id, Limit: apikey.MaxPageSize}) {
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(k.Tokens, func(t api.Token) bool { return t.ID == id }) {
			return &k, nil
		}
	}
	return nil, nil //nolint:nilnil // there is none, which is no error
}

// findByName returns the key with the very name, or nil.
func findByName(ctx context.Context, c *client.Client, name string) (*api.Key, error) {
	name = apikey.Normal(name)
	for k, err := range c.AllKeys(ctx, client.KeyQuery{Search: client.Literally(name), Limit: apikey.MaxPageSize}) {
		if err != nil {
			return nil, err
		}
		if k.Name == name {
			return &k, nil
		}
	}
	return nil, nil //nolint:nilnil // there is none, which is no error
}

// connectTo connects for a command about one key, and finds it.
func (a *app) connectTo(cmd *cobra.Command, idOrName string) (*client.Client, *api.Key, error) {
	c, err := a.connect(cmd)
	if err != nil {
		return nil, nil, err
	}
	k, err := findKey(cmd.Context(), c, idOrName)
	return c, k, err
}

// warnOfEndpoints says which endpoints of a key the gate does not have. They may come later; more often they are
// misspelt.
func (a *app) warnOfEndpoints(ctx context.Context, c *client.Client, names []string) {
	if len(names) == 0 {
		return
	}
	list, err := c.Endpoints(ctx)
	if err != nil || len(list.Endpoints) == 0 { // the key is made all the same
		return
	}
	var known []string
	for _, e := range list.Endpoints {
		known = append(known, e.Name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			a.say("ostiary: warning: the gate has no endpoint %q; it has %s", name, strings.Join(known, ", "))
		}
	}
}

// findIngestionKey returns the Agent key with the number; the clients of
// StackState know keys by numbers.
func findIngestionKey(ctx context.Context, c *client.Client, number int64) (*api.Key, error) {
	for k, err := range c.AllKeys(ctx, ingestionKeys) {
		if err != nil {
			return nil, err
		}
		if k.Number == number {
			return &k, nil
		}
	}
	return nil, failed(exitNotFound, "see which there are: ostiary ingestion-api-key list",
		"there is no ingestion API key with the ID %d", number)
}

// ingestionKeys are those that may ingest and do nothing else.
var ingestionKeys = client.KeyQuery{Role: apikey.RoleAgent.String(), Sort: string(apikey.SortName),
	Limit: apikey.MaxPageSize}
