package postgres

import (
	"context"
	"database/sql"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// Settings returns the settings, if they have changed.
func (s *Store) Settings(ctx context.Context, since string) (list []apikey.Setting, state string, err error) {
	err = s.use(ctx, "read settings", func(ctx context.Context) error {
		tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		if err := tx.QueryRowContext(ctx, selectSettingsState).Scan(&state); err != nil || state == since {
			return err
		}
		list, err = readSettings(ctx, tx)
		return err
	})
	return sqlkeys.SortSettings(list), state, err
}

// selectSettingsState reads the number of the newest change to settings, and a sum of all of their rows.
const selectSettingsState = `SELECT settings::text || ' ' || (SELECT md5(coalesce(string_agg(concat_ws(chr(31),
	org_id, kind, name, value, created_at, created_by, changed_at, changed_by, mark_pepper, encode(mark, 'hex')),
	chr(30) ORDER BY org_id, kind, name), '')) FROM settings) FROM counter`

func readSettings(ctx context.Context, q sqlkeys.Querier) ([]apikey.Setting, error) {
	list, err := sqlkeys.Collect(ctx, q, sqlkeys.ScanSetting, sqlkeys.SelectSettings)
	if err != nil {
		return nil, err
	}
	return sqlkeys.RecallSettings(ctx, q, list)
}

func (t *transaction) Settings(ctx context.Context) (list []apikey.Setting, err error) {
	err = t.run(ctx, "read settings", func(ctx context.Context) error {
		list, err = readSettings(ctx, t.tx)
		return err
	})
	return sqlkeys.SortSettings(list), err
}

func (t *transaction) PutSetting(ctx context.Context, s *apikey.Setting) error {
	return t.changeSetting(ctx, "write a setting", sqlkeys.PutSetting, sqlkeys.SettingValues(s)...)
}

func (t *transaction) DeleteSetting(ctx context.Context, s *apikey.Setting) error {
	if !storable(s.Name) {
		return nil
	}
	return t.changeSetting(ctx, "remove a setting", sqlkeys.DeleteSetting, s.OrgID, string(s.Kind), s.Name)
}

func (t *transaction) changeSetting(ctx context.Context, what, statement string, args ...any) error {
	if _, err := t.nextSeq(ctx); err != nil {
		return err
	}
	if err := t.exec(ctx, what, numbered(statement), args...); err != nil {
		return err
	}
	return t.exec(ctx, "note the change", sqlkeys.NoteSettings)
}
