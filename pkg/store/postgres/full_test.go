package postgres_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/postgres"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

func TestWhyAStoreCannotBeWrittenTo(t *testing.T) {
	t.Parallel()
	for code, why := range map[string]string{
		"53100": sqlkeys.DiskFull, "58030": sqlkeys.DiskFailed, "25006": sqlkeys.ReadOnly, "53300": "", "40001": "",
	} {
		err := &pgconn.PgError{Code: code}
		require.Equal(t, why, postgres.Unwritable(err), code)
		e, ok := errors.AsType[*apikey.Error](postgres.CommitError(err))
		require.True(t, ok)
		require.Equal(t, apikey.CodeUnavailable, e.Code)
		if why != "" {
			require.Equal(t, why, e.Message)
		}
	}
}
