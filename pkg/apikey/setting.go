package apikey

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"slices"
	"strings"
	"time"
)

// SettingKind is what a Setting is about.
type SettingKind string

// The kinds of settings.
const (
	SettingEndpoint SettingKind = "endpoint" // of the gate; its name is the Setting's
	SettingPolicy   SettingKind = "policy"   // of an organization, which has one
)

// Setting is what an organization keeps in the store beside its keys, for every process that uses the store. What its
// value means is the business of whoever wrote it.
type Setting struct {
	OrgID     int64
	Kind      SettingKind
	Name      string // one of its kind in the organization
	Value     string // JSON
	CreatedAt time.Time
	CreatedBy string    // login of the person, or name of the key
	ChangedAt time.Time // zero = never
	ChangedBy string
	Mark      Mark
	Outdated  bool          // the audit trail knows of a newer one, or of one that is gone: see Outdated
	Gone      bool          // the audit trail knows of it, and the store has it no longer
	Removed   bool          // the newest that the audit trail knows is that Ostiary removed it
	Known     *KnownSetting // what the audit trail says of it; nil = nothing
}

// IsRemoved reports whether Ostiary removed the setting, and nothing put it back.
func (s *Setting) IsRemoved() bool { return s.Removed && s.Gone }

// IsForgotten reports whether nothing of a setting that Ostiary removed stays closed.
func (s *Setting) IsForgotten() bool { return s.IsRemoved() && s.Known != nil && s.Known.Forgotten }

// KnownSetting is what the newest entry about a setting says of it. Nothing may be let in by that: it says what must
// stay closed while the row is not as Ostiary wrote it.
type KnownSetting struct {
	Entry int64  // its number
	Mark  string // as entries name it: see Outdated
	Value string // of one that was removed, as it was before; empty in entries from before they held it

	// Forgotten says that nothing of a setting which was removed stays closed any longer. It is still known, so that
	// nobody can put its row back.
	Forgotten bool
}

// Is reports whether both are the same one, whatever their values.
func (s *Setting) Is(other *Setting) bool {
	return s.OrgID == other.OrgID && s.Kind == other.Kind && s.Name == other.Name
}

// CompareSettings orders settings by age, and those of one moment by organization, kind and name.
func CompareSettings(a, b Setting) int {
	if c := a.CreatedAt.Compare(b.CreatedAt); c != 0 {
		return c
	}
	if a.OrgID != b.OrgID {
		return int(a.OrgID - b.OrgID)
	}
	if c := strings.Compare(string(a.Kind), string(b.Kind)); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name)
}

// settingLabel separates the keys that settings are marked with from other uses of a pepper.
const settingLabel = "ostiary mark of a setting, version 1"

// markSetting returns the sum of all that a setting says.
func (p *Pepper) markSetting(s *Setting) (sum Digest) {
	mac := hmac.New(sha256.New, settingKey(p.secret[:]))
	b := appendMoment(nil, s.CreatedAt)
	b = appendMoment(b, s.ChangedAt)
	b = appendMoment(b, time.UnixMilli(max(1, s.OrgID)))
	for _, text := range []string{string(s.Kind), s.Name, s.Value, s.CreatedBy, s.ChangedBy} {
		b = appendText(b, text)
	}
	mac.Write(b)
	mac.Sum(sum[:0])
	return sum
}

// MarkSetting gives a setting its mark, under the current pepper.
func (p *Peppers) MarkSetting(s *Setting) {
	s.Mark = Mark{PepperID: p.current.id, Sum: p.current.markSetting(s)}
}

// TrustSetting says what the mark of a setting proves.
func (p *Peppers) TrustSetting(s *Setting) Trust {
	pepper := p.Find(s.Mark.PepperID)
	switch {
	case s.Mark.PepperID == "", s.Outdated:
		return Forged
	case pepper == nil:
		return Unknown
	case !pepper.markSetting(s).Equal(s.Mark.Sum):
		return Forged
	}
	return Genuine
}

func settingKey(secret []byte) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, settingLabel, sha256.Size)
	if err != nil {
		panic(err) // only for a length that no hash has
	}
	return key
}

// DistrustSettings returns the settings whose marks are not good.
func DistrustSettings(ctx context.Context, feed Feed, peppers *Peppers) ([]Setting, error) {
	list, _, err := feed.Settings(ctx, "")
	return slices.DeleteFunc(list, func(s Setting) bool {
		return s.IsRemoved() || peppers.TrustSetting(&s) == Genuine
	}), err
}

// SettingEdit gives a setting its next value. All are those of its kind in every organization that are as Ostiary wrote
// them; old is the one that is edited, nil if there is none. Forged reports that there is none because something else
// changed or removed it. A nil value removes it, and one that is as it was changes nothing.
type SettingEdit func(all []Setting, old *Setting, forged bool) (
	value *string, action Action, data AuditData, err error)

// ChangeSetting edits a setting of the caller's organization, in one transaction with its entry in the audit trail. It
// returns the setting as it is then, nil if it is gone. If it is put, others of its kind that were removed can be
// forgotten with it, by their names.
func (s *Service) ChangeSetting(
	ctx context.Context, kind SettingKind, name string, edit SettingEdit, forget ...string,
) (*Setting, error) {
	caller, err := Manager(ctx)
	if err != nil {
		return nil, err
	}
	var done *Setting
	err = s.write(ctx, func(tx Tx) error {
		which := &Setting{OrgID: caller.OrgID, Kind: kind, Name: name}
		done, err = s.changeSetting(ctx, tx, caller, which, edit, forget)
		return err
	})
	if err != nil {
		return nil, err
	}
	return done, nil
}

func (s *Service) changeSetting(
	ctx context.Context, tx Tx, caller Caller, which *Setting, edit SettingEdit, forget []string,
) (*Setting, error) {
	all, err := tx.Settings(ctx)
	if err != nil {
		return nil, err
	}
	forged, before := false, ""
	for i := range all {
		one := &all[i]
		if !one.Is(which) || one.IsRemoved() {
			continue
		}
		switch forged = s.peppers.TrustSetting(one) != Genuine; {
		case !forged:
			before = one.Value
		case one.Known != nil:
			before = one.Known.Value
		}
	}
	removed := slices.DeleteFunc(slices.Clone(all), func(one Setting) bool {
		return !one.IsRemoved() || one.IsForgotten() || one.OrgID != which.OrgID || one.Kind != which.Kind
	})
	all = slices.DeleteFunc(all, func(one Setting) bool {
		return one.Kind != which.Kind || s.peppers.TrustSetting(&one) != Genuine
	})
	var old *Setting
	if i := slices.IndexFunc(all, func(one Setting) bool { return one.Is(which) }); i >= 0 {
		old = &all[i]
	}
	value, action, data, err := edit(all, old, forged)
	now := s.Now()
	switch {
	case err != nil:
		return nil, err
	case value == nil && (old != nil || forged):
		data.Value, err = before, tx.DeleteSetting(ctx, which)
	case value == nil || old != nil && old.Value == *value:
		return old, nil
	default:
		next := Setting{OrgID: which.OrgID, Kind: which.Kind, Name: which.Name, Value: *value, CreatedAt: now,
			CreatedBy: caller.Login}
		if old != nil {
			next.CreatedAt, next.CreatedBy = old.CreatedAt, old.CreatedBy
			next.ChangedAt, next.ChangedBy = now, caller.Login
		}
		if err = forgetRemoved(ctx, tx, caller, now, removed, forget); err == nil {
			old, err = &next, tx.PutSetting(ctx, &next)
		}
	}
	if err != nil {
		return nil, err
	}
	if value == nil {
		old = nil
	}
	return old, tx.AppendAudit(ctx, entry(caller, now, action, &Key{}, data))
}

// forgetRemoved lets the audit trail have that nothing of some settings that were removed stays closed any longer.
func forgetRemoved(
	ctx context.Context, tx Tx, caller Caller, now time.Time, removed []Setting, names []string,
) error {
	for i := range removed {
		if !slices.Contains(names, removed[i].Name) {
			continue
		}
		err := tx.AppendAudit(ctx, entry(caller, now, ActionDeleteEndpoint, &Key{}, AuditData{
			Endpoint: removed[i].Name, Forgotten: true,
			Changes: []FieldChange{{Field: "closed", From: true, To: false}},
		}))
		if err != nil {
			return err
		}
	}
	return nil
}
