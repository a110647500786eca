package admin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/pepper"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
)

// ErrNoBackup says that there is no file of the name.
var ErrNoBackup = errors.New("there is no such file")

// openToRead opens a store to look at it: the one that is configured, which may be where nothing can be written, or a
// backup in a file, which stays as it is. It returns what messages call it as well.
func openToRead(
	ctx context.Context, cfg *config.Config, file string, write bool,
) (store apikey.Store, name string, err error) {
	if file != "" {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return nil, "", fmt.Errorf("%s: %w", file, ErrNoBackup)
		}
		s, err := sqlite.Open(ctx, file, sqlite.WithReadOnly())
		return s, file, err
	}
	if cfg.Postgres != nil {
		store, err = cfg.OpenStore(ctx)
		return store, cfg.Postgres.String(), err
	}
	if err := haveStore(cfg); err != nil {
		return nil, "", err
	}
	var options []sqlite.Option
	name = config.DatabaseFile(cfg.DataDir)
	if !write && !sqlite.Writable(name) {
		options = append(options, sqlite.WithReadOnly())
	}
	store, err = cfg.OpenStore(ctx, options...)
	return store, name, err
}

// pepperOf is the pepper file of the store that is configured, or of a backup: see pepperBeside.
func pepperOf(cfg *config.Config, file string) pepper.File {
	if file == "" {
		return cfg.Pepper
	}
	return pepperBeside(cfg.Pepper, cfg.DataDir, file, "FILE")
}

// pepperBeside is the pepper file of a database that is named by its path: the one that is configured, or else the one
// beside the database, or that of the data directory.
func pepperBeside(configured pepper.File, dataDir, database, setting string) pepper.File {
	file := configured
	if file.Name != filepath.Join(dataDir, pepperName) {
		return file
	}
	beside := filepath.Join(filepath.Dir(database), pepperName)
	if exists(beside) || !exists(file.Name) {
		file.Name, file.Setting = beside, setting
	}
	return file
}

// pepperName is what a pepper file is called next to its store.
const pepperName = "pepper"

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
