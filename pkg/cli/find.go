package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

// findKey returns the key with the id, or else the one with the very name.
func findKey(ctx context.Context, c *client.Client, idOrName string) (*api.Key, error) {
	if id, ok := apikey.ParseToken(idOrName); ok {
		return nil, failed(exitUsage, "its id is "+id.String()+"; whoever may have seen the key there can use it, so consider to rotate it",
			"this is a whole API key and not an id; it has no place in the arguments, which others can see")
	}
	if _, ok := apikey.ParseID(idOrName); ok {
		k, err := c.Key(ctx, idOrName)
		if apikey.ErrorCode(err) != apikey.CodeNotFound {
			return k, err
		}
	}
	for k, err := range c.AllKeys(ctx, client.KeyQuery{Search: idOrName, Limit: apikey.MaxPageSize}) {
		if err != nil {
			return nil, err
		}
		if k.Name == idOrName {
			return &k, nil
		}
	}
	return nil, failed(exitNotFound, "see which keys there are: ostiary key list -q "+quote(idOrName), "there is no key with the id or name %q", idOrName)
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
	return nil, failed(exitNotFound, "see which there are: ostiary ingestion-api-key list", "there is no ingestion API key with the ID %d", number)
}

// ingestionKeys are those that may ingest and do nothing else.
var ingestionKeys = client.KeyQuery{Role: apikey.RoleAgent.String(), Sort: string(apikey.SortName), Limit: apikey.MaxPageSize}
