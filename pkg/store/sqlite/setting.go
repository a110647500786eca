package sqlite

import (
	"context"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// Settings returns the settings, if they have changed.
func (s *Store) Settings(ctx context.Context, since string) (list []apikey.Setting, state string, err error) {
	err = s.snapshot(ctx, "read settings", func(q sqlkeys.Querier) error {
		var seq int64
		if err := q.QueryRowContext(ctx, sqlkeys.SettingsSeq).Scan(&seq); err != nil {
			return err
		}
		rows, err := sqlkeys.Collect(ctx, q, sqlkeys.ScanSetting, sqlkeys.SelectSettings)
		if state = sqlkeys.SettingsState(seq, sqlkeys.SortSettings(rows)); err != nil || state == since {
			return err
		}
		list, err = sqlkeys.RecallSettings(ctx, q, rows)
		return err
	})
	return sqlkeys.SortSettings(list), state, err
}

func (t *transaction) Settings(ctx context.Context) ([]apikey.Setting, error) {
	list, err := sqlkeys.Collect(ctx, t.tx, sqlkeys.ScanSetting, sqlkeys.SelectSettings)
	if err == nil {
		list, err = sqlkeys.RecallSettings(ctx, t.tx, list)
	}
	return sqlkeys.SortSettings(list), t.store.explain(ctx, "read settings", err)
}

func (t *transaction) PutSetting(ctx context.Context, s *apikey.Setting) error {
	return t.changeSetting(ctx, "write a setting", sqlkeys.PutSetting, sqlkeys.SettingValues(s)...)
}

func (t *transaction) DeleteSetting(ctx context.Context, s *apikey.Setting) error {
	return t.changeSetting(ctx, "remove a setting", sqlkeys.DeleteSetting, s.OrgID, string(s.Kind), s.Name)
}

func (t *transaction) changeSetting(ctx context.Context, what, statement string, args ...any) error {
	if _, err := t.nextSeq(ctx); err != nil {
		return err
	}
	if err := t.exec(ctx, what, statement, args...); err != nil {
		return err
	}
	return t.exec(ctx, "note the change", sqlkeys.NoteSettings)
}
