package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/origin"
	"github.com/ostiary/ostiary/pkg/verify"
)

// Importer is the name under which the audit trail shows what Import did.
const Importer = "ostiary import"

// Import takes over keys of another system into an organization of the
// configured store, which servers may be using: see apikey.Service.Import. It
// makes no new store.
func Import(ctx context.Context, cfg *Config, orgID int64, keys []apikey.ForeignKey, dryRun bool) (done []apikey.Takeover, err error) {
	if cfg.Postgres == nil {
		if _, err := os.Stat(databaseFile(cfg.DataDir)); errors.Is(err, fs.ErrNotExist) {
			return nil, cfg.names.unusable("data_dir", fmt.Errorf("there is no key store in %s; name the data directory of the server, or start the server once", cfg.DataDir))
		}
	}
	store, err := cfg.openStore(ctx, Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	peppers, err := openPeppers(ctx, cfg.pepperFile(), store)
	if err != nil {
		return nil, err
	}
	service := apikey.NewService(store, peppers, apikey.Options{
		Policy: func(context.Context, int64) (apikey.Policy, error) { return cfg.Policy, nil },
	})
	caller := apikey.Caller{OrgID: orgID, Login: Importer, Role: apikey.RoleAdmin}
	return service.Import(apikey.WithCaller(ctx, caller), keys, dryRun)
}

// foreign lets the verifier know the tokens of keys that were taken over.
func (n *Node) foreign() *verify.Foreign {
	return &verify.Foreign{
		Parse: func(token string) (handle string, match func(hashes []string) int, ok bool) {
			t, ok := origin.Parse(token)
			return t.Handle, t.Match, ok
		},
		Handles: origin.Handles,
		Adopt: func(ctx context.Context, orgID int64, id, hash string, digest apikey.Digest, pepperID string) error {
			return n.service.Adopt(ctx, orgID, id, hash, digest, pepperID)
		},
		Logger: n.logger,
	}
}
