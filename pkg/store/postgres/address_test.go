package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/store/postgres"
)

func TestAddresses(t *testing.T) {
	t.Setenv("PGPASSFILE", "/nonexistent")
	for in, want := range map[string]string{
		"postgres://me@db.example.com/keys":                                                  "postgres://db.example.com:5432/keys",
		"postgresql://me:p%40ss@db.example.com:5433/keys?sslmode=disable":                    "postgres://db.example.com:5433/keys",
		"postgres://me:x@a:1,b:2,c/keys?target_session_attrs=primary":                        "postgres://a:1,b:2,c:5432/keys",
		"postgres:///keys?host=/run/postgresql&user=me":                                      "postgres:///run/postgresql/keys",
		"postgres://me@a/keys?pool_max_conns=4&pool_max_conn_lifetime=1m&connect_timeout=10": "postgres://a:5432/keys",
		"postgres://me@[::1]:5/keys?default_query_exec_mode=exec":                            "postgres://[::1]:5/keys",
	} {
		a, err := postgres.ParseAddress(in)
		require.NoError(t, err, in)
		require.Equal(t, want, a.String())
	}
	for in, want := range map[string]string{
		"mysql://me:s3cret@db/keys":                               "begins with postgres://",
		"postgres://me:s3cret@db:port/keys":                       "",
		"postgres://me:s3cret@db/keys?sslmode=maybe":              "sslmode",
		"postgres://me:s3cret@db/keys?pool_max_conns=1":           "pool_max_conns must be a number from 2 to 1000",
		"postgres://me:s3cret@db/keys?pool_max_conn_idle_time=x":  "pool_max_conn_idle_time must be a time such as 30m",
		"postgres://me:s3cret@db/keys?target_session_attrs=maybe": "target_session_attrs",
		"postgres://me:s3cret%@db/keys":                           "",
		"postgres://me:s3cret@db/keys?a=%zz":                      "",
		"postgres://me:s3cret@a:1,b:x/keys":                       "",
		"postgres://me:s3 cret@db/keys":                           "",
	} {
		_, err := postgres.ParseAddress(in)
		require.ErrorContains(t, err, want, in)
		require.NotContains(t, err.Error(), "s3", in)
	}
}
