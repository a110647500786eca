package sqlite

import (
	"context"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// Settings returns the settings, if they have changed.
func (s *Store) Settings(ctx context.Context, since int64) (list []apikey.Setting, seq int64, err error) {
	err = s.snapshot(ctx, "read settings", func(q sqlkeys.Querier) error {
		if err := q.QueryRowContext(ctx, sqlkeys.SettingsSeq).Scan(&seq); err != nil || seq == since {
			return err
		}
		list, err = sqlkeys.Collect(ctx, q, sqlkeys.ScanSetting, sqlkeys.SelectSettings)
		return err
	})
	return sqlkeys.SortSettings(list), seq, err
}

func (t *transaction) Settings(ctx context.Context) ([]apikey.Setting, error) {
	list, err := sqlkeys.Collect(ctx, t.tx, sqlkeys.ScanSetting, sqlkeys.SelectSettings)
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
