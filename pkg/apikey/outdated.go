package apikey

import (
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

// Gone returns the settings that were removed by something else: the newest entries about them, in any order, say that
// they are there, and list lacks them.
func Gone(newest []AuditEntry, list []Setting) (gone []Setting) {
	for i := range newest {
		e := &newest[i]
		if e.Action != ActionDeleteEndpoint && !slices.ContainsFunc(list, func(s Setting) bool { return e.IsAbout(&s) }) {
			gone = append(gone, e.setting())
		}
	}
	return gone
}

// setting returns what an entry about a setting says of it, as one that is gone.
func (e *AuditEntry) setting() Setting {
	s := Setting{OrgID: e.OrgID, Kind: SettingEndpoint, Name: e.Endpoint, Outdated: true, Gone: true}
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
