package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Times of InUse.
const (
	stopTime  = 2 * time.Second // within which the connections of a server that was just stopped are gone
	stillness = 2 * silence     // of a connection that no server uses any more: a pooler's, or of one that is dead
	askAgain  = stopTime / 8    // while there are some
)

// InUse reports whether a server has the store at an address open, by the connections to its database that have a
// server's name and were used lately. Where that cannot be seen it is false: in other engines, behind a pooler, and for
// servers whose address gives them another application_name.
func InUse(ctx context.Context, address *Address) bool {
	config := address.connConfig()
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return false // which Open explains
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for end := time.Now().Add(stopTime); ; {
		used, err := usedByOthers(ctx, conn)
		if err != nil || !used || time.Now().After(end) {
			return used && err == nil
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(askAgain):
		}
	}
}

// usedByOthers looks for the connections of servers. Those of another user do not say when they were used.
func usedByOthers(ctx context.Context, conn *pgx.Conn) (used bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
		AND application_name = current_setting('application_name') AND pid NOT IN (pg_backend_pid(), $1)
		AND pg_backend_pid() = $1 AND backend_type = 'client backend'
		AND coalesce(clock_timestamp() - state_change < $2 * interval '1 second', true))`,
		int64(conn.PgConn().PID()), stillness.Seconds()).Scan(&used)
	return used, err
}
