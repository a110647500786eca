package storetest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

func newSetting(orgID int64, kind apikey.SettingKind, name string, after time.Duration) apikey.Setting {
	s := apikey.Setting{
		OrgID: orgID, Kind: kind, Name: name, Value: `{"path":"/` + name + ` Ä 日本 🔑 %_\\'"}`, CreatedAt: start.Add(after),
		CreatedBy: "admin", Mark: apikey.Mark{PepperID: "pepper01"},
	}
	copy(s.Mark.Sum[:], strings.Repeat(name+"\x00", 20))
	return s
}

func putSettings(t *testing.T, store apikey.Store, settings ...apikey.Setting) {
	t.Helper()
	require.NoError(t, store.Write(t.Context(), func(tx apikey.Tx) error {
		for i := range settings {
			if err := tx.PutSetting(t.Context(), &settings[i]); err != nil {
				return err
			}
		}
		return nil
	}))
}

func testSettings(t *testing.T, open Opener) {
	store, other := open(t), open(t)
	list, none, err := store.Settings(t.Context(), "")
	require.NoError(t, err)
	require.Empty(t, list)

	second := newSetting(1, apikey.SettingEndpoint, "a", time.Second)
	first := newSetting(2, apikey.SettingEndpoint, "a", 0)
	policy := newSetting(1, apikey.SettingPolicy, "", time.Minute)
	putSettings(t, store, policy, second, first)
	list, seq, err := other.Settings(t.Context(), none)
	require.NoError(t, err)
	require.Equal(t, []apikey.Setting{first, second, policy}, list)
	list, again, err := other.Settings(t.Context(), seq)
	require.NoError(t, err)
	require.Empty(t, list, "nothing has changed")
	require.Equal(t, seq, again)

	insert(t, store, newKey(1, "a key"))
	_, again, err = other.Settings(t.Context(), seq)
	require.NoError(t, err)
	require.Equal(t, seq, again, "a key is no setting")

	second.Value, second.ChangedAt, second.ChangedBy = "{}", start.Add(time.Hour), "grace"
	second.Mark = apikey.Mark{PepperID: "pepper02"}
	putSettings(t, store, second)
	require.NoError(t, store.Write(t.Context(), func(tx apikey.Tx) error {
		if err := tx.DeleteSetting(t.Context(), &first); err != nil {
			return err
		}
		if err := tx.DeleteSetting(t.Context(), &first); err != nil { // it is gone
			return err
		}
		list, err := tx.Settings(t.Context())
		require.Equal(t, []apikey.Setting{second, policy}, list)
		return err
	}))
	list, later, err := other.Settings(t.Context(), seq)
	require.NoError(t, err)
	require.Equal(t, []apikey.Setting{second, policy}, list)
	require.NotEqual(t, later, seq)

	undone := errors.New("undone")
	require.ErrorIs(t, store.Write(t.Context(), func(tx apikey.Tx) error {
		if err := tx.PutSetting(t.Context(), &first); err != nil {
			return err
		}
		return undone
	}), undone)
	_, again, err = other.Settings(t.Context(), later)
	require.NoError(t, err)
	require.Equal(t, later, again)
}
