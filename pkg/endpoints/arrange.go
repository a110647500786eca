package endpoints

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/gate"
)

// stored is an endpoint in the store.
type stored struct {
	setting  apikey.Setting
	endpoint gate.Endpoint
	shadowed string // why it is not in force; empty = it is
}

// arrangement is what endpoints there are, at a moment.
type arrangement struct {
	cfg      *config.Config
	settings []apikey.Setting // of the store, all of them
	stored   []stored
	removed  []stored // that were there, and that nobody made again
	held     *gate.Held
	force    []gate.Endpoint // all that are in force, those of the file first
	closed   []gate.Closed   // those of the store that are not
}

// arrange says which endpoints are in force: those of the file, and those of the store that get in nobody's way, the
// oldest first. What the others have stays closed; where the store does not count, that is their names.
func arrange(cfg *config.Config, peppers *apikey.Peppers, settings []apikey.Setting) *arrangement {
	opts := cfg.Gate.Options
	a := &arrangement{cfg: cfg, settings: settings, force: slices.Clone(opts.Endpoints), held: gate.NewHeld(&opts)}
	for _, s := range settings {
		if s.Kind != apikey.SettingEndpoint || !holds(cfg.Gate.Scope, s.OrgID) {
			continue
		}
		if s.IsForgotten() {
			continue
		}
		if s.IsRemoved() {
			a.removed = append(a.removed, stored{setting: s, endpoint: known(s), shadowed: removed})
			continue
		}
		if !cfg.Gate.InStore {
			a.closed = append(a.closed, gate.Closed{Endpoint: bare(s), Reason: notTaken})
			continue
		}
		one := stored{setting: s}
		one.endpoint, one.shadowed = read(s, peppers)
		if one.shadowed == "" {
			one.shadowed = whyNot(a.held.Check(&one.endpoint))
		}
		if one.shadowed == "" {
			e := one.endpoint
			a.held.Add(&e)
			a.force = append(a.force, e)
		}
		a.stored = append(a.stored, one)
	}
	a.close(peppers)
	return a
}

// close keeps closed what is not in force.
func (a *arrangement) close(peppers *apikey.Peppers) {
	for i := range a.removed {
		c := gate.Closed{Endpoint: a.removed[i].endpoint, Reason: removed}
		a.held.Keep(&c.Endpoint)
		a.closed = append(a.closed, c)
	}
	for i := range a.stored {
		s := &a.stored[i]
		if s.shadowed == "" {
			continue
		}
		c := gate.Closed{Endpoint: s.endpoint, Reason: "The list of endpoints says why."}
		if peppers.TrustSetting(&s.setting) == apikey.Forged {
			c.Reason = "It was changed in the store, or removed there, by something else than Ostiary."
		}
		if s.setting.Known != nil {
			a.held.Keep(&c.Endpoint)
		}
		a.closed = append(a.closed, c)
	}
}

// notTaken is why the endpoints of the store are not in force where it does not count.
const notTaken = "The server takes no endpoints from its store."

// removed is why endpoints are not in force that an Admin removed.
const removed = "An Admin removed it. Its name and its paths stay closed until one makes an endpoint of that name, or " +
	"one that names such a path, again."

// bare is an endpoint of which only the name counts.
func bare(s apikey.Setting) gate.Endpoint {
	return gate.Endpoint{Name: s.Name, OrgID: s.OrgID, Stored: true}
}

// holds reports whether a gate has to do with an organization.
func holds(scope apikey.Scope, orgID int64) bool {
	return len(scope.OrgIDs) == 0 || slices.Contains(scope.OrgIDs, orgID)
}

// read returns what a setting says, or why it counts for nothing: then it is what the audit trail knows of it.
func read(s apikey.Setting, peppers *apikey.Peppers) (e gate.Endpoint, why string) {
	switch peppers.TrustSetting(&s) {
	case apikey.Forged:
		if s.Gone {
			return known(s), "It was removed from the store by something else than Ostiary. " +
				"Remove it here as well or make it again, and find out who can write to the store."
		}
		return known(s), "It was changed in the store by something else than Ostiary. " +
			"Remove it, and find out who can write to the store."
	case apikey.Unknown:
		return known(s), "The pepper that it was marked with is not at hand, so nobody knows whether it is as Ostiary wrote it."
	case apikey.Genuine:
	}
	e, wrong := parse(s, s.Value)
	return e, whyNot(wrong, nil)
}

// known is an endpoint as Ostiary wrote it last, if the audit trail says so, and otherwise its name alone.
func known(s apikey.Setting) gate.Endpoint {
	if s.Known == nil || s.Known.Value == "" {
		return bare(s)
	}
	e, _ := parse(s, s.Known.Value)
	e.Name = s.Name
	return e
}

// parse reads what is said of an endpoint of the store, as far as it can be read.
func parse(s apikey.Setting, value string) (gate.Endpoint, apikey.Mistakes) {
	var fields map[string]any
	d := json.NewDecoder(strings.NewReader(value))
	d.UseNumber()
	if err := d.Decode(&fields); err != nil {
		var wrong apikey.Mistakes
		wrong.Add("value", "cannot be read")
		return bare(s), wrong
	}
	inFile, _ := asInFile(fields)
	e, wrong, _ := config.StoredEndpoint(inFile, s.OrgID)
	if e.Name != s.Name {
		wrong.Add("name", "is not the one that it was kept by")
	}
	return e, wrong
}

// whyNot says why an endpoint is not in force, in sentences; empty if nothing is wrong.
func whyNot(wrong, taken apikey.Mistakes) string {
	var parts []string
	for _, m := range inAPI(slices.Concat(taken, wrong)) {
		parts = append(parts, "Its "+m.Field+" "+strings.TrimSuffix(m.Detail, ".")+".")
	}
	return strings.Join(parts, " ")
}

// describeRemoved returns what the API shows of an endpoint that was removed.
func (s *stored) describeRemoved() api.RemovedEndpoint {
	d := api.RemovedEndpoint{Name: s.setting.Name, Paths: s.endpoint.Describe().Paths}
	d.Removed = api.Act{At: s.setting.ChangedAt.UTC(), By: s.setting.ChangedBy}
	if s.endpoint.Path == "" && len(s.endpoint.Paths) == 0 && s.endpoint.Kind == "" { // only its name is known
		d.Paths = []string{}
		return d
	}
	spec := s.endpoint.Spec()
	d.Spec = &spec
	return d
}

// describe returns what the API shows of an endpoint in the store.
func (s *stored) describe(cfg *config.Config) api.Endpoint {
	d := s.endpoint.Describe()
	d.Source, d.Editable, d.Shadowed = api.SourceStore, cfg.Gate.InStore, s.shadowed
	spec := s.endpoint.Spec()
	d.Spec, d.Upstream = &spec, spec.Upstream
	if !s.setting.Gone {
		d.Created = &api.Act{At: s.setting.CreatedAt.UTC(), By: s.setting.CreatedBy}
	}
	if !s.setting.ChangedAt.IsZero() {
		d.Changed = &api.Act{At: s.setting.ChangedAt.UTC(), By: s.setting.ChangedBy}
	}
	return d
}
