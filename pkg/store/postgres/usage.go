package postgres

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// usageBatch is how many keys a statement of RecordUsage covers.
const usageBatch = 10_000

// recorder is what makes each batch of usage count once, also when the store
// goes away while one is committed: the database notes the number of each
// recorder's last batch in the batch's own transaction.
type recorder struct {
	mu       sync.Mutex
	id       string    // in the database
	last     int64     // number of the newest batch
	doubtful []batch   // that may or may not be committed
	pruned   time.Time // when the table busy was
}

// batch is what a recorder gathered.
type batch struct {
	number  int64
	uses    []dayUse
	clients []sqlkeys.ClientRow
	hours   []apikey.HourCount
	rules   []apikey.KeyRuleUse
}

// dayUse is the use of a token on a day, and how often it was refused.
type dayUse struct {
	apikey.KeyUsage
	day    apikey.Day
	denied int64
}

// recorderLife is how long a recorder that is not heard of stays noted.
const recorderLife = 30 * 24 * time.Hour

func newRecorder() *recorder { return &recorder{id: rand.Text()} }

// RecordUsage adds to the counts of keys. The last use only moves forward, in
// any order in which recorders write. A batch whose commit is not
// known to count is taken over, and settled by a later call.
func (s *Store) RecordUsage(ctx context.Context, usage apikey.UsageBatch) error {
	if usage.IsEmpty() {
		return nil
	}
	r := s.recorder
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := s.settle(ctx); err != nil {
		return err
	}
	r.last++
	b := batch{
		number: r.last, uses: sumUsage(&usage), clients: storableClients(usage.Clients),
		hours: storableHours(usage.Hours), rules: storableRules(usage.Rules),
	}
	inDoubt, err := s.record(ctx, b)
	if err != nil && inDoubt {
		r.doubtful = append(r.doubtful, b)
		return nil
	}
	return err
}

// settle makes sure that every doubtful batch counts. The recorder is locked.
func (s *Store) settle(ctx context.Context) error {
	r := s.recorder
	for len(r.doubtful) > 0 {
		if _, err := s.record(ctx, r.doubtful[0]); err != nil {
			return err
		}
		r.doubtful = r.doubtful[1:]
	}
	return nil
}

// record makes a batch count, if it does not yet. InDoubt reports whether a
// commit was sent and not answered.
func (s *Store) record(ctx context.Context, b batch) (inDoubt bool, err error) {
	err = s.use(ctx, "record usage", func(ctx context.Context) error {
		tx, err := s.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		counts, err := s.note(ctx, tx, b)
		if err == nil && !counts {
			err = addBatch(ctx, tx, &b)
		}
		if err != nil {
			return err
		}
		err = tx.Commit()
		inDoubt = inDoubt || isDoubt(commitError(err))
		return err
	})
	if err == nil {
		s.pruneBusy(ctx, &b)
	}
	return inDoubt, err
}

func addBatch(ctx context.Context, tx *sql.Tx, b *batch) error {
	for day, uses := range byDay(b.uses) {
		if err := addUsage(ctx, tx, day, uses); err != nil {
			return err
		}
		if err := noteBusy(ctx, tx, day, uses); err != nil {
			return err
		}
	}
	if err := addClients(ctx, tx, b.clients); err != nil {
		return err
	}
	if err := addHours(ctx, tx, b.hours); err != nil {
		return err
	}
	return addRules(ctx, tx, b.rules)
}

// note writes a batch's number down, and reports whether it was. It writes in
// any case: so it waits for a transaction of the same batch that still runs, and
// the commit waits until the standby has what was there before.
func (s *Store) note(ctx context.Context, tx *sql.Tx, b batch) (was bool, err error) {
	var before int64
	err = tx.QueryRowContext(ctx, `UPDATE recorders SET at = $2 WHERE id = $1 RETURNING batch`, s.recorder.id,
		sqlkeys.Millis(time.Now())).Scan(&before)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		_, err = tx.ExecContext(ctx, `INSERT INTO recorders (id, batch, at) VALUES ($1, $2, $3)`, s.recorder.id,
			b.number, sqlkeys.Millis(time.Now()))
		return false, err
	case err != nil || before >= b.number:
		return err == nil, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE recorders SET batch = $2 WHERE id = $1`, s.recorder.id, b.number)
	return false, err
}

// addUsage adds to the usage of keys, in all and on a day. The rows of the
// former are locked in the order of their numbers, so that recorders do not
// wait for one another in a ring, and guard those of the day.
func addUsage(ctx context.Context, tx *sql.Tx, day apikey.Day, uses []dayUse) error {
	ids, tokens, froms := make([]string, len(uses)), make([]string, len(uses)), make([]string, len(uses))
	counts, times, denied := make([]int64, len(uses)), make([]int64, len(uses)), make([]int64, len(uses))
	for i, u := range uses {
		ids[i], tokens[i], counts[i], times[i], froms[i], denied[i] = u.KeyID.String(), u.Token().String(), u.Count,
			sqlkeys.Millis(u.LastAt), u.LastFrom, u.denied
	}
	_, err := tx.ExecContext(ctx, `WITH b AS MATERIALIZED (
			SELECT u.number, x.count, x.last_at, x.last_from, x.denied
			FROM (SELECT id, sum(count)::bigint AS count, max(last_at) AS last_at, (array_agg(last_from
				ORDER BY last_at DESC))[1] AS last_from, sum(denied)::bigint AS denied
				FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $6::bigint[])
					AS v (id, count, last_at, last_from, denied) GROUP BY id) AS x
			JOIN keys AS k ON k.id = x.id JOIN usage AS u ON u.number = k.number ORDER BY u.number FOR UPDATE OF u),
		d AS (INSERT INTO usage_days (day, number, count, denied) SELECT $5::bigint, number, count, denied FROM b
			ON CONFLICT (day, number) DO UPDATE
			SET count = usage_days.count + excluded.count, denied = usage_days.denied + excluded.denied)
		UPDATE usage SET count = usage.count + b.count,
			last_from = CASE WHEN b.last_at > usage.last_at THEN b.last_from ELSE usage.last_from END,
			last_at = greatest(usage.last_at, b.last_at)
		FROM b WHERE usage.number = b.number`, ids, counts, times, froms, int64(day), denied)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `WITH b AS MATERIALIZED (
			SELECT t.number, t.place, x.count, x.last_at
			FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) AS x (key_id, id, count, last_at)
			JOIN tokens AS t ON t.id = x.id JOIN keys AS k ON k.number = t.number AND k.id = x.key_id
				ORDER BY t.number, t.place FOR UPDATE OF t)
		UPDATE tokens SET count = tokens.count + b.count, last_at = greatest(tokens.last_at, b.last_at)
		FROM b WHERE tokens.number = b.number AND tokens.place = b.place`, ids, tokens, counts, times)
	return err
}

// forgetRecorders removes recorders that have not been heard of for long. It
// does no harm if that cannot be done.
func (s *Store) forgetRecorders(ctx context.Context) {
	_, _ = s.db.ExecContext(ctx, `DELETE FROM recorders WHERE at < $1`, sqlkeys.Millis(time.Now().Add(-recorderLife)))
}

// sumUsage returns one entry for each day of a token, in the order of days and
// ids.
func sumUsage(b *apikey.UsageBatch) []dayUse {
	sums := make([]dayUse, 0, len(b.Uses))
	for _, u := range b.Uses {
		sums = append(sums, dayUse{KeyUsage: u, day: apikey.DayOf(u.LastAt)})
	}
	for i := range b.Clients {
		if c := &b.Clients[i]; c.Denied > 0 {
			token, _ := apikey.ParseID(c.TokenID)
			use := dayUse{KeyUsage: apikey.KeyUsage{KeyID: c.KeyID, TokenID: token}, denied: c.Denied}
			use.day = apikey.DayOf(c.LastAt)
			sums = append(sums, use)
		}
	}
	slices.SortStableFunc(sums, compareUses)
	sums = slices.DeleteFunc(sums, func(u dayUse) bool {
		return !storable(u.KeyID.String()) || !storable(u.Token().String())
	})
	n := 0
	for _, u := range sums {
		if n == 0 || compareUses(sums[n-1], u) != 0 {
			sums[n] = u
			n++
			continue
		}
		sum := &sums[n-1]
		sum.Count += u.Count
		sum.denied += u.denied
		if u.LastAt.After(sum.LastAt) {
			sum.LastAt, sum.LastFrom = u.LastAt, u.LastFrom
		}
	}
	return sums[:n]
}

func compareUses(a, b dayUse) int {
	s, t := a.Token(), b.Token()
	return cmp.Or(cmp.Compare(a.day, b.day), slices.Compare(a.KeyID[:], b.KeyID[:]), slices.Compare(s[:], t[:]))
}

// byDay goes through what sumUsage returned in parts that are of one day, name
// each token once and are not too long for a statement.
func byDay(sums []dayUse) iter.Seq2[apikey.Day, []dayUse] {
	return func(yield func(apikey.Day, []dayUse) bool) {
		for len(sums) > 0 {
			day, n := sums[0].day, 1
			for n < min(len(sums), usageBatch) && sums[n].day == day {
				n++
			}
			if !yield(day, sums[:n]) {
				return
			}
			sums = sums[n:]
		}
	}
}

// UsageByDay returns a key's use by day. It names each day, because between them
// is the use of all other keys.
func (s *Store) UsageByDay(
	ctx context.Context, orgID int64, id string, from, to apikey.Day,
) (days []apikey.DayUsage, err error) {
	err = s.use(ctx, "read the usage by day", func(ctx context.Context) error {
		k, err := oneKey(ctx, s.db, orgID, id)
		if err != nil {
			return err
		}
		days, err = sqlkeys.Collect(ctx, s.db, sqlkeys.ScanDay,
			`SELECT day, count, denied FROM usage_days WHERE number = $1 AND day = ANY($2) ORDER BY day`, k.Number,
			each(from, to))
		return err
	})
	return days, err
}

// each returns all days or hours from one to another. As an array, they are
// looked up one by one.
func each[T ~int64](from, to T) []int64 {
	list := make([]int64, 0, max(0, to-from+1))
	for n := from; n <= to; n++ {
		list = append(list, int64(n))
	}
	return list
}

// ForgetUsage removes old use by day. Processes that do so at once lock rows in
// one order.
func (s *Store) ForgetUsage(ctx context.Context, before apikey.Day, limit int) (removed int64, err error) {
	err = s.use(ctx, "remove old usage", func(ctx context.Context) error {
		res, err := s.db.ExecContext(ctx, `DELETE FROM usage_days WHERE (day, number) IN (
			SELECT day, number FROM usage_days WHERE day < $1 ORDER BY day, number LIMIT $2 FOR UPDATE)`, int64(before),
			limit)
		if err != nil {
			return err
		}
		removed, err = res.RowsAffected()
		return err
	})
	return removed, err
}

// forgetDays removes the use by day of a key that is deleted. It looks for the
// key on each day that there is. As an array, the days are looked up one by one,
// however many the engine takes them for.
func (t *transaction) forgetDays(ctx context.Context, number int64) error {
	return t.exec(ctx, "delete usage", `DELETE FROM usage_days WHERE number = $1 AND day = ANY(ARRAY(
		WITH RECURSIVE known (day) AS (
			SELECT min(day) FROM usage_days
			UNION ALL SELECT (SELECT min(u.day) FROM usage_days AS u WHERE u.day > known.day) FROM known
				WHERE known.day IS NOT NULL)
		SELECT day FROM known WHERE day IS NOT NULL))`, number)
}
