package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Address says where a database is and how to connect to it.
type Address struct {
	config      *pgx.ConnConfig
	givenMode   bool // default_query_exec_mode is in the address
	maxConns    int
	maxLifetime time.Duration
	maxIdle     time.Duration
}

// Times within which a dead server is noticed, where the address does not say
// otherwise.
const (
	connectTimeout = 2 * time.Second // for each host
	keepAliveIdle  = 5 * time.Second
	keepAliveEvery = 2 * time.Second
	keepAliveCount = 3
)

// IsAddress reports whether a text is the address of a PostgreSQL database,
// right or wrong.
func IsAddress(s string) bool {
	return strings.HasPrefix(s, "postgres://") || strings.HasPrefix(s, "postgresql://")
}

// ParseAddress reads an address as PostgreSQL's own programs take it:
// postgres://user@host1:5432,host2:5432/database?sslmode=verify-full, with the
// environment variables PGPASSWORD, PGPASSFILE and so on behind it. These may
// stand in it besides: pool_max_conns, pool_max_conn_lifetime and
// pool_max_conn_idle_time.
//
// Of several hosts the one is taken that can be written to, unless
// target_session_attrs says otherwise. The error holds no password.
func ParseAddress(s string) (*Address, error) {
	if !IsAddress(s) {
		return nil, errors.New("an address of PostgreSQL begins with postgres://")
	}
	u, err := url.Parse(s)
	if err != nil {
		if strings.Contains(s, ",") { // several hosts with ports are no URL for net/url
			return parseSeveral(s)
		}
		return nil, errors.New("the address cannot be read; write postgres://user@host:5432/database, with special characters of a password as %XX")
	}
	return parse(s, u.RawQuery)
}

// parseSeveral reads an address with several hosts.
func parseSeveral(s string) (*Address, error) {
	_, query, _ := strings.Cut(s, "?")
	return parse(s, query)
}

func parse(s, rawQuery string) (*Address, error) {
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, errors.New("the part of the address behind the question mark cannot be read; write name=value&name=value")
	}
	config, err := pgx.ParseConfig(s)
	if err != nil {
		return nil, withoutPassword(err)
	}
	a := &Address{config: config, givenMode: query.Has("default_query_exec_mode"), maxConns: 8,
		maxLifetime: 30 * time.Minute, maxIdle: 5 * time.Minute}
	if err := a.takePoolSettings(); err != nil {
		return nil, err
	}
	if !query.Has("connect_timeout") && config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	if config.ValidateConnect == nil && !query.Has("target_session_attrs") {
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "ostiary"
	}
	config.DialFunc = dial
	return a, nil
}

// takePoolSettings reads the settings that are not the server's.
func (a *Address) takePoolSettings() error {
	take := func(name string, read func(string) error) error {
		value, given := a.config.RuntimeParams[name]
		delete(a.config.RuntimeParams, name)
		if !given {
			return nil
		}
		return read(value)
	}
	duration := func(name string, d *time.Duration) error {
		return take(name, func(s string) (err error) {
			if *d, err = time.ParseDuration(s); err != nil || *d <= 0 {
				return fmt.Errorf("%s must be a time such as 30m, not %q", name, s)
			}
			return nil
		})
	}
	return errors.Join(
		take("pool_max_conns", func(s string) (err error) {
			if a.maxConns, err = strconv.Atoi(s); err != nil || a.maxConns < 2 || a.maxConns > 1000 {
				return fmt.Errorf("pool_max_conns must be a number from 2 to 1000, not %q", s)
			}
			return nil
		}),
		duration("pool_max_conn_lifetime", &a.maxLifetime),
		duration("pool_max_conn_idle_time", &a.maxIdle),
	)
}

// withoutPassword says what is wrong with an address. The driver's error
// repeats the address, of which it hides the password as far as it can read
// it; so only the text after it is kept.
func withoutPassword(err error) error {
	text := err.Error()
	if i := strings.LastIndex(text, "`: "); i >= 0 {
		return errors.New(text[i+len("`: "):])
	}
	return errors.New("the address cannot be read; write postgres://user@host:5432/database, with special characters of a password as %XX")
}

// String returns the hosts and the database, for messages.
func (a *Address) String() string {
	var hosts []string
	add := func(host string, port uint16) {
		h := host
		if !strings.HasPrefix(host, "/") { // a directory with a socket
			h = net.JoinHostPort(host, strconv.Itoa(int(port)))
		}
		if !slices.Contains(hosts, h) { // each comes once with TLS and once without
			hosts = append(hosts, h)
		}
	}
	add(a.config.Host, a.config.Port)
	for _, f := range a.config.Fallbacks {
		add(f.Host, f.Port)
	}
	return "postgres://" + strings.Join(hosts, ",") + "/" + a.config.Database
}

// connConfig returns a copy that the caller may change.
func (a *Address) connConfig() *pgx.ConnConfig {
	c := a.config.Copy()
	c.OnNotice = noteNotice
	return c
}

// dial opens a connection that notices when the other end is gone.
func dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: keepAliveIdle, Interval: keepAliveEvery,
			Count: keepAliveCount},
		Control: limitUnanswered,
	}
	return d.DialContext(ctx, network, addr)
}
