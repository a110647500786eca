package admin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/pepper"
	"github.com/ostiary/ostiary/pkg/setting"
	"github.com/ostiary/ostiary/pkg/store/sqlite"
)

// BackupResult says where a backup is.
type BackupResult struct {
	File    string `json:"file"`
	Bytes   int64  `json:"bytes"`
	Unnoted string `json:"unnoted,omitempty"` // why the audit trail has no entry of it; empty = it has
}

// Backup copies the configured store, which servers may be using, into a new
// file. The pepper is not in it.
func Backup(ctx context.Context, cfg *config.Config, file string) (*BackupResult, error) {
	if cfg.Postgres != nil {
		return nil, ownTools(cfg, fmt.Sprintf("pg_dump --format=custom --file=%s %s", file, cfg.Postgres))
	}
	if err := haveStore(cfg); err != nil {
		return nil, err
	}
	unnoted := noteBackup(ctx, cfg, file)
	if err := sqlite.Backup(ctx, config.DatabaseFile(cfg.DataDir), file); err != nil {
		return nil, err
	}
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	return &BackupResult{File: file, Bytes: info.Size(), Unnoted: unnoted}, nil
}

// noteBackup lets the audit trail have that a backup is made, before it is: so it is in the backup as well. It returns
// why not; a backup is made all the same.
func noteBackup(ctx context.Context, cfg *config.Config, file string) (unnoted string) {
	current, err := sqlite.UpToDate(ctx, config.DatabaseFile(cfg.DataDir))
	switch {
	case err != nil:
		return err.Error()
	case !current:
		return "a server of another version uses the store"
	}
	store, err := cfg.OpenStore(ctx)
	if err != nil {
		return err.Error()
	}
	err = errors.Join(
		cfg.Pepper.AppendAudit(ctx, store, entryOf("store backup", apikey.ActionBackUp, file)),
		store.Close(),
	)
	if err != nil {
		return err.Error()
	}
	return ""
}

// entryOf is an entry about the store itself, by whoever runs a command.
func entryOf(command string, action apikey.Action, file string) apikey.AuditEntry {
	actor := "ostiary " + command
	if u, err := user.Current(); err == nil {
		actor += " (" + u.Username + ")"
	}
	if full, err := filepath.Abs(file); err == nil && !strings.Contains(file, "://") {
		file = full
	}
	return apikey.AuditEntry{At: time.Now().UTC().Truncate(apikey.TimeUnit), Actor: actor, Action: action,
		AuditData: apikey.AuditData{File: file}}
}

// RestoreResult says what a restore did.
type RestoreResult struct {
	File     string `json:"file"`     // the store
	Keys     int64  `json:"keys"`     // that are in it now
	Replaced string `json:"replaced"` // where the store is that was there before; empty if there was none
	Unmarked bool   `json:"unmarked"` // keys are from before there were marks, and denied until they are trusted
	// Unchained says the same of entries of the audit trail, which prove nothing until they are trusted.
	Unchained bool `json:"unchained"`
}

// CheckReplaceable says whether the configured store can be replaced by a file,
// as far as that can be seen without a change: it comes before a question.
func CheckReplaceable(cfg *config.Config, file string) error {
	if cfg.Postgres != nil {
		return ownTools(
			cfg,
			fmt.Sprintf(
				"pg_restore --clean --if-exists --single-transaction --dbname=%s %s, while no server is running",
				cfg.Postgres,
				file,
			),
		)
	}
	if path := config.DatabaseFile(cfg.DataDir); sqlite.InUse(path) {
		return notReplaceable(path)
	}
	return nil
}

func notReplaceable(path string) error {
	return fmt.Errorf("%s cannot be replaced: %w", path, sqlite.ErrInUse)
}

// Restore puts a backup in the place of the configured store, which nobody may
// be using: see sqlite.Restore. The pepper file must be the one that belongs to
// it.
func Restore(ctx context.Context, cfg *config.Config, file string) (*RestoreResult, error) {
	if err := CheckReplaceable(cfg, file); err != nil {
		return nil, err
	}
	if err := cfg.MakeDataDir(); err != nil {
		return nil, err
	}
	path := config.DatabaseFile(cfg.DataDir)
	unmarked, unchained := false, false
	done, err := sqlite.Restore(ctx, file, path, func(s *sqlite.Store) error {
		if err := cfg.Pepper.Fits(ctx, s); err != nil {
			return err
		}
		some, err := s.Unmarked(ctx, 1)
		unmarked = len(some) > 0 && cfg.Pepper.Marked()
		if err != nil {
			return err
		}
		first, err := s.Unchained(ctx)
		if err != nil {
			return err
		}
		unchained = first > 0 && cfg.Pepper.Chained()
		return cfg.Pepper.AppendAudit(ctx, s, entryOf("store restore", apikey.ActionRestore, file))
	})
	if errors.Is(err, sqlite.ErrInUse) {
		return nil, notReplaceable(path)
	}
	if err != nil {
		return nil, err
	}
	return &RestoreResult{File: path, Keys: done.Keys, Replaced: done.Replaced, Unmarked: unmarked,
		Unchained: unchained}, nil
}

// ownTools says that a database is backed up by what belongs to it.
func ownTools(cfg *config.Config, line string) error {
	return &setting.Error{Name: cfg.Names.Of("store"),
		Err: fmt.Errorf("is in PostgreSQL, whose own tools back it up; type: %s", line)}
}

// haveStore fails if there is no store in the data directory yet.
func haveStore(cfg *config.Config) error {
	if _, err := os.Stat(config.DatabaseFile(cfg.DataDir)); err != nil {
		return cfg.Names.Unusable("data_dir",
			fmt.Errorf("there is no key store in %s; name the data directory of the server, or start the server once",
				cfg.DataDir))
	}
	return nil
}

// CheckResult says whether a store is whole.
type CheckResult struct {
	Store  string   `json:"store"` // the file, or the address
	Engine string   `json:"engine"`
	Keys   int64    `json:"keys"`
	Faults []string `json:"faults"` // what is wrong, one by one
}

// Check reads a whole store, which servers may be using, and says what is wrong
// with it: the one that is configured, or a backup in a file. With trust, keys
// that have no mark are given one first, but in no backup.
func Check(ctx context.Context, cfg *config.Config, file string, trust bool) (_ *CheckResult, err error) {
	store, name, err := openToRead(ctx, cfg, file, trust)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	r := &CheckResult{Store: name, Engine: store.Engine(), Faults: []string{}}
	peppers := pepperOf(cfg, file)
	checked, ok := store.(interface {
		Check(ctx context.Context) error
	})
	if ok {
		r.Faults = append(r.Faults, lines(checked.Check(ctx))...)
	}
	unfit := lines(peppers.Fits(ctx, store))
	r.Faults = append(r.Faults, unfit...)
	if len(unfit) == 0 {
		distrusted, err := distrust(ctx, peppers, store, trust)
		if err != nil {
			return nil, err
		}
		r.Faults = append(r.Faults, distrusted...)
	}
	names, err := checkKeys(ctx, store, &r.Keys)
	r.Faults = append(r.Faults, names...)
	return r, err
}

// distrust names the keys that are not as Ostiary wrote them. With trust, those
// without a mark are given one first.
func distrust(ctx context.Context, peppers pepper.File, store apikey.Store, trust bool) (faults []string, err error) {
	if trust {
		if err := errors.Join(peppers.MarkAll(ctx, store), peppers.ChainAll(ctx, store)); err != nil {
			return nil, err
		}
	}
	list, err := peppers.Distrust(ctx, store)
	for _, d := range list {
		faults = append(
			faults,
			fmt.Sprintf(
				"key %s of organization %d is not as Ostiary wrote it, and is denied; delete it, and find out who can write to the store",
				d.ID,
				d.OrgID,
			),
		)
	}
	if err != nil {
		return faults, err
	}
	settings, err := peppers.DistrustSettings(ctx, store)
	for _, s := range settings {
		what := "the " + string(s.Kind)
		if s.Name != "" {
			what += " " + strconv.Quote(s.Name)
		}
		wrong, next := "is not as Ostiary wrote it, and is not in force", "remove it"
		if s.Gone {
			wrong, next = "was removed by something else than Ostiary (\"ostiary audit verify\" names all such rows, also of "+
				"keys)", "make it again or remove it with Ostiary"
		}
		if s.Kind == apikey.SettingPolicy {
			wrong, next = wrong+", so nothing is issued", "set all of it again"
		}
		faults = append(faults, fmt.Sprintf("%s of organization %d %s; %s, and find out who can write to the store", what,
			s.OrgID, wrong, next))
	}
	return faults, err
}

// lines returns what errors that were joined say.
func lines(err error) (list []string) {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			list = append(list, lines(e)...)
		}
		return list
	}
	return []string{err.Error()}
}

// checkKeys counts the keys of all organizations, and says which have names
// that no key may have.
func checkKeys(ctx context.Context, store apikey.Store, n *int64) (faults []string, err error) {
	var mu sync.Mutex
	_, err = store.Load(ctx, apikey.Scope{}, func(records []apikey.Record) {
		mu.Lock()
		defer mu.Unlock()
		*n += int64(len(records))
		for i := range records {
			if err := apikey.CheckName(records[i].Name); err != nil {
				faults = append(faults, fmt.Sprintf("key %s: its name %s", records[i].ID, err))
			}
		}
	})
	slices.Sort(faults)
	return faults, err
}
