package postgres

import (
	"context"
	"fmt"
	"regexp"

	"github.com/jackc/pgx/v5"
)

// traits are what an engine is and can, as far as it matters.
type traits struct {
	engine  string // name and version
	real    bool   // PostgreSQL itself
	pooled  bool   // a pooler or another engine is in between: no session of one's own
	history string // an expression that differs between the histories of two primaries; empty = there is none
}

var versions = []struct {
	name    string
	pattern *regexp.Regexp
}{
	{"CockroachDB", regexp.MustCompile(`^CockroachDB .*?v(\d+\.\d+[.\d]*)`)},
	{"YugabyteDB", regexp.MustCompile(`-YB-(\d+\.\d+[.\d]*)`)},
	{"PostgreSQL", regexp.MustCompile(`^PostgreSQL (\d+[.\d]*)`)},
}

// histories are what may distinguish a primary from the standby that took its place:
// the system's identifier and the timeline, or the timeline alone where the
// former may not be read. Every promotion begins another timeline.
var histories = []string{
	`(SELECT system_identifier FROM pg_control_system())::text || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)`,
	`substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)`,
}

// checkEncoding fails for a database that cannot hold every text. The server
// reports the encoding by itself.
func checkEncoding(conn *pgx.Conn) error {
	database := conn.Config().Database
	switch encoding := conn.PgConn().ParameterStatus("server_encoding"); encoding {
	case "UTF8", "": // some engines do not report it, and have no other
		return nil
	default:
		return fmt.Errorf("the database %q is in the encoding %s, which cannot hold every name; make another in its place, as a user who may: "+
			"CREATE DATABASE %s ENCODING 'UTF8' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'", database, encoding,
			pgx.Identifier{database}.Sanitize())
	}
}

// findOut connects once to learn what the engine is and can, and sets the
// driver's way to run statements accordingly.
func (s *Store) findOut(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 4*s.opts.timeout)
	defer cancel()
	probe := s.config.Copy()
	probe.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	conn, err := pgx.ConnectConfig(ctx, probe)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := checkEncoding(conn); err != nil {
		return err
	}
	var version string
	var pid int64
	if err := conn.QueryRow(ctx, `SELECT version(), pg_backend_pid()`).Scan(&version, &pid); err != nil {
		return err
	}
	s.traits.engine = engineOf(version)
	s.traits.real = s.traits.engine != "" && versions[2].pattern.MatchString(version) &&
		!versions[1].pattern.MatchString(version)
	// A pooler gives its own number to a connection, because the process
	// behind it changes.
	s.traits.pooled = pid != int64(conn.PgConn().PID())
	if s.traits.pooled && !s.address.givenMode {
		// Statements that are prepared in one process are not there in the
		// next. Without names they live for one request alone.
		s.config.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	for _, expression := range histories {
		var history string
		if conn.QueryRow(ctx, `SELECT `+expression).Scan(&history) == nil && history != "" {
			s.traits.history = expression
			break
		}
	}
	return ctx.Err()
}

func engineOf(version string) string {
	for _, v := range versions {
		if m := v.pattern.FindStringSubmatch(version); m != nil {
			return v.name + " " + m[1]
		}
	}
	return fmt.Sprintf("%.40s", version)
}
