// Package admin does what is done to a whole store, apart from the servers on
// it: copying it, and importing keys.
package admin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/pepper"
)

// Importer is the name under which the audit trail shows what Import did.
const Importer = "ostiary import"

// Import takes over keys of another system into an organization of the
// configured store, which servers may be using: see apikey.Service.Import. It
// makes no new store, and notes which keys would open no endpoint that is
// configured.
func Import(
	ctx context.Context, cfg *config.Config, orgID int64, keys []apikey.ForeignKey, dryRun bool,
) (done []apikey.Takeover, err error) {
	if cfg.Postgres == nil {
		if _, err := os.Stat(config.DatabaseFile(cfg.DataDir)); errors.Is(err, fs.ErrNotExist) {
			return nil, cfg.Names.Unusable("data_dir",
				fmt.Errorf("there is no key store in %s; name the data directory of the server, or start the server once", cfg.DataDir))
		}
	}
	store, err := cfg.OpenStore(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	peppers, err := pepper.Open(ctx, cfg.Pepper, store)
	if err != nil {
		return nil, err
	}
	service := apikey.NewService(store, peppers, apikey.Options{
		Policy: func(context.Context, int64) (apikey.Policy, error) { return cfg.Policy, nil },
	})
	caller := apikey.Caller{OrgID: orgID, Login: Importer, Role: apikey.RoleAdmin}
	if done, err = service.Import(apikey.WithCaller(ctx, caller), keys, dryRun); err != nil {
		return nil, err
	}
	for i := range done {
		if k := done[i].Key; k != nil && len(cfg.Gate.Endpoints) > 0 && !opensAny(cfg, k) {
			done[i].Notes = append(done[i].Notes,
				"opens nothing: no endpoint that it is for takes the role "+k.Role.String())
		}
	}
	return done, nil
}

// opensAny reports whether there is an endpoint in the configuration that a
// key opens.
func opensAny(cfg *config.Config, k *apikey.Key) bool {
	for _, e := range cfg.Gate.Endpoints {
		chosen := len(k.Endpoints) == 0 || slices.Contains(k.Endpoints, e.Name)
		if chosen && e.OpenedBy(k.Role) &&
			(e.OrgID == 0 || e.OrgID == k.OrgID) && (e.Pool == "" || e.Pool == k.Pool) {
			return true
		}
	}
	return false
}
