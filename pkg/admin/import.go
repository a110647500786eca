// Package admin does what is done to a whole store, apart from the servers on
// it: copying it, and importing keys.
package admin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/endpoints"
	"github.com/ostiary/ostiary/pkg/pepper"
)

// Importer is the name under which the audit trail shows what Import did.
const Importer = "ostiary import"

// Imported is what became of keys of another system, or would.
type Imported struct {
	Keys []apikey.Takeover

	// Endpoints are the names of those that there are, in the configuration and, if it counts, in the store. They are
	// known if anything says so: a configuration file, or settings in its place.
	Endpoints []string
	Known     bool
	InStore   bool
}

// Import takes over keys of another system into an organization of the
// configured store, which servers may be using: see apikey.Service.Import. It
// makes no new store, and notes which keys would open no endpoint that there is.
func Import(
	ctx context.Context, cfg *config.Config, orgID int64, keys []apikey.ForeignKey, dryRun bool,
) (done *Imported, err error) {
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
	settings, _, err := store.Settings(ctx, "")
	if err != nil {
		return nil, err
	}
	service := apikey.NewService(store, peppers, apikey.Options{
		Policy: func(context.Context, int64) (apikey.Policy, error) { return cfg.Policy, nil },
	})
	caller := apikey.Caller{OrgID: orgID, Login: Importer, Role: apikey.RoleAdmin}
	there := endpoints.OpenableIn(cfg, peppers, settings, orgID)
	done = &Imported{Endpoints: there.Names(), InStore: cfg.Gate.InStore}
	done.Known = cfg.File != "" || len(cfg.Gate.Endpoints) > 0 || cfg.Gate.InStore
	if done.Keys, err = service.Import(apikey.WithCaller(ctx, caller), keys, dryRun); err != nil {
		return nil, err
	}
	for i := range done.Keys {
		if k := done.Keys[i].Key; k != nil && len(done.Endpoints) > 0 { // else a proxy names those there are
			if why := whyNothing(there, k); why != "" {
				done.Keys[i].Notes = append(done.Keys[i].Notes, "opens nothing: "+why)
			}
		}
	}
	return done, nil
}

// whyNothing says why a key opens no endpoint; empty if it opens one.
func whyNothing(there *endpoints.Openable, k *apikey.Key) string {
	opens, withTenant := there.By(k)
	switch {
	case opens:
		return ""
	case withTenant:
		return "it has no tenant, and what it is for takes one; choose some with --tenant"
	}
	return "no endpoint that it is for takes the role " + k.Role.String()
}
