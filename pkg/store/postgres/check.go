package postgres

import (
	"context"
	"database/sql"
	"errors"

	"github.com/ostiary/ostiary/pkg/store/sqlkeys"
)

// numberRules are those of an engine in which the program itself gives numbers.
var numberRules = []sqlkeys.Rule{
	{Fault: "keys with a number that was not given yet",
		Broken: `SELECT 1 FROM keys, counter WHERE keys.number > counter.number`},
	{Fault: "audit entries with a number that was not given yet",
		Broken: `SELECT 1 FROM audit, counter WHERE audit.id > counter.audit`},
}

// Check reads all tables as they are at one moment and returns in which ways
// they do not agree with one another, or nil. Whether the database itself is
// whole is for its own tools.
func (s *Store) Check(ctx context.Context) error {
	var faults []string
	err := s.useLong(ctx, "check", func(ctx context.Context) error {
		tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		faults, err = sqlkeys.CheckRules(ctx, tx, numberRules...)
		return err
	})
	list := []error{err}
	for _, fault := range faults {
		list = append(list, errors.New(fault))
	}
	return errors.Join(list...)
}
