package apikey

import (
	"context"
	"time"
)

// TrimTrail removes the entries at the beginning of the audit trail that are from before a moment and have a number up
// to upTo, limit at the most, in one transaction with a note that says so. What only these entries say of settings is
// said again. It returns how many it removed.
func TrimTrail(
	ctx context.Context, store Store, peppers *Peppers, before time.Time, upTo int64, limit int, now time.Time,
) (removed int64, err error) {
	if due, err := trimmable(ctx, store, before, upTo, 1); err != nil || len(due) == 0 {
		return 0, err
	}
	err = store.Write(ctx, func(tx Tx) error {
		removed = 0
		due, err := trimmable(ctx, tx, before, upTo, limit)
		if err != nil || len(due) == 0 {
			return err
		}
		last := &due[len(due)-1]
		note := &TrailNote{Last: last.ID, Count: int64(len(due)), Sum: last.Link.String()}
		removed = note.Count
		if err := appendChained(ctx, tx, peppers, &AuditEntry{At: now.UTC().Truncate(TimeUnit), Actor: SystemActor,
			Action: ActionTrimTrail, AuditData: AuditData{Trail: note}}); err != nil {
			return err
		}
		if err := sayAgain(ctx, tx, peppers, last.ID, now); err != nil {
			return err
		}
		return tx.RemoveTrail(ctx, last.ID)
	})
	return removed, err
}

// sayAgain adds entries that say what those up to a number say of settings, and no newer ones. A setting that no entry
// says anything of is taken as it is, if it is as Ostiary wrote it.
func sayAgain(ctx context.Context, tx Tx, peppers *Peppers, upTo int64, now time.Time) error {
	settings, err := tx.Settings(ctx)
	if err != nil {
		return err
	}
	for i := range settings {
		s := &settings[i]
		known := s.Known
		if known == nil && peppers.TrustSetting(s) == Genuine {
			known = &KnownSetting{Mark: entryMark(s.Mark.Sum), Value: s.Value}
		}
		if known == nil || known.Entry > upTo {
			continue
		}
		e := &AuditEntry{OrgID: s.OrgID, At: now.UTC().Truncate(TimeUnit), Actor: SystemActor,
			Action: ActionUpdatePolicy, AuditData: AuditData{Note: noteAgain, Mark: known.Mark, Value: known.Value}}
		if s.Kind == SettingEndpoint {
			e.Action, e.Endpoint = ActionUpdateEndpoint, s.Name
		}
		if s.Removed {
			e.Action, e.Forgotten = ActionDeleteEndpoint, known.Forgotten
		}
		if err := appendChained(ctx, tx, peppers, e); err != nil {
			return err
		}
	}
	return nil
}

// noteAgain is what entries note that say something again.
const noteAgain = "Nothing was changed: the entry that said so was removed by audit.keep, so it is said again."

// trimmable returns the entries at the beginning that are old enough.
func trimmable(ctx context.Context, trail interface {
	Trail(ctx context.Context, after int64, limit int) ([]TrailEntry, error)
}, before time.Time, upTo int64, limit int) ([]TrailEntry, error) {
	entries, err := trail.Trail(ctx, 0, limit)
	if err != nil {
		return nil, err
	}
	for i := range entries {
		if !entries[i].At.Before(before) || entries[i].ID > upTo {
			return entries[:i], nil
		}
	}
	return entries, nil
}
