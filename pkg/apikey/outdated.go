package apikey

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// A mark proves that Ostiary wrote a row once, and not that nothing newer was written since: somebody who kept an old
// row can put it back. So the entry in the audit trail that goes with each change names the mark that the change gave.
// A row with another mark than the newest entry about it is outdated, and counts as forged.

// markSize is how many bytes of a mark's sum an entry holds.
const markSize = 16

// entryMark is a mark as entries of the trail name it.
func entryMark(sum Digest) string { return hex.EncodeToString(sum[:markSize]) }

// Outdated reports whether a row with a mark is older than the newest entry about it says: its action and its data.
// Entries from before they named marks say nothing of this, but that something was removed.
func Outdated(mark Mark, newest Action, data string) bool {
	if newest == ActionDelete || newest == ActionDeleteEndpoint {
		return true
	}
	var said struct {
		Mark string `json:"mark"`
	}
	_ = json.Unmarshal([]byte(data), &said) // what cannot be read is found by CheckTrail
	return said.Mark != "" && said.Mark != entryMark(mark.Sum)
}

// ChangingActions are those of entries about keys that were made before: each such entry names the key's mark.
func ChangingActions() []Action {
	return []Action{ActionUpdate, ActionEnable, ActionDisable, ActionRotate, ActionEndToken, ActionLeak, ActionRevoke,
		ActionDelete, ActionAdopt}
}

// Recall brings together the rows of settings and the newest entry about each, in any order: it notes what is known of
// a setting and which are outdated, and adds those that are gone. Where an entry does not say what was removed, its
// Value must be what the one before said.
func Recall(rows []Setting, newest []TrailEntry) []Setting {
	var gone []Setting
	for i := range newest {
		e := &newest[i]
		known := e.known()
		at := slices.IndexFunc(rows, func(s Setting) bool { return e.IsAbout(&s) })
		switch {
		case at >= 0:
			s := &rows[at]
			s.Known, s.Outdated = known, Outdated(s.Mark, e.Action, e.Data)
			s.Removed = e.Action == ActionDeleteEndpoint
		default:
			gone = append(gone, e.gone(known))
		}
	}
	return append(rows, gone...)
}

// known is what an entry says of the setting that it is about.
func (e *TrailEntry) known() *KnownSetting {
	var said struct {
		Mark, Value string
		Forgotten   bool
	}
	_ = json.Unmarshal([]byte(e.Data), &said) // what cannot be read is found by CheckTrail
	if e.Action == ActionDeleteEndpoint {
		said.Mark = ""
	}
	known := &KnownSetting{Entry: e.ID, Mark: said.Mark, Value: cmp.Or(said.Value, e.Value)}
	if known.Forgotten = said.Forgotten; known.Forgotten {
		known.Value = ""
	}
	return known
}

// gone is the setting that an entry is about, and of which there is no row.
func (e *TrailEntry) gone(known *KnownSetting) Setting {
	s := Setting{OrgID: e.OrgID, Kind: SettingEndpoint, Name: e.Endpoint, Outdated: true, Gone: true, Known: known}
	if e.Action == ActionDeleteEndpoint {
		s.Outdated, s.Removed, s.ChangedAt, s.ChangedBy = false, true, e.At, e.Actor
	}
	if e.Action == ActionUpdatePolicy {
		s.Kind, s.Name = SettingPolicy, ""
	}
	return s
}

// SettingActions are those of entries about settings.
func SettingActions() []Action {
	return []Action{ActionCreateEndpoint, ActionUpdateEndpoint, ActionDeleteEndpoint, ActionUpdatePolicy}
}

// IsAbout reports whether an entry is about a setting.
func (e *AuditEntry) IsAbout(s *Setting) bool {
	if e.OrgID != s.OrgID {
		return false
	}
	if e.Action == ActionUpdatePolicy {
		return s.Kind == SettingPolicy
	}
	return s.Kind == SettingEndpoint && s.Name == e.Endpoint
}
