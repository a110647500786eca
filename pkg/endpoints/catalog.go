package endpoints

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/gate"
	"github.com/ostiary/ostiary/pkg/kinds"
	"github.com/ostiary/ostiary/pkg/upstreams"
)

// How many endpoints an organization may keep in the store, and of how many that it removed the names stay closed: one
// more takes the place of the oldest that nobody names any longer, see makeRoom.
const (
	MaxStored  = 50
	MaxRemoved = 200
)

// Catalog is all that the gate protects. Readers never wait for anybody.
type Catalog struct {
	opts    Options
	current atomic.Pointer[arrangement]
}

// Options of a Catalog.
type Options struct {
	Peppers *apikey.Peppers
	Logger  *slog.Logger

	// Service changes what is kept in the store. It may be set later, before the first change.
	Service *apikey.Service

	// Address says where clients reach the gate.
	Address func() api.GateAddress

	// InGrafana reports that Grafana's settings say the policy of each organization.
	InGrafana bool

	// Own reports whether an address is one of the server's listeners; nil = none is.
	Own func(netip.AddrPort) bool

	// Clients says who uses the endpoints; nil = nobody knows.
	Clients Clients
}

// New returns a Catalog of the endpoints of the configuration file alone.
func New(cfg *config.Config, opts Options) *Catalog {
	c := &Catalog{opts: opts}
	c.current.Store(arrange(cfg, opts.Peppers, nil))
	return c
}

// SetService sets what changes the store.
func (c *Catalog) SetService(s *apikey.Service) { c.opts.Service = s }

// Prepared is what endpoints there will be.
type Prepared struct {
	catalog *Catalog
	next    *arrangement
}

// Prepare says what endpoints there will be with a configuration. One caller at a time prepares and takes.
func (c *Catalog) Prepare(cfg *config.Config) *Prepared {
	return c.PrepareWith(cfg, c.current.Load().settings)
}

// PrepareWith is like Prepare, with other settings of the store.
func (c *Catalog) PrepareWith(cfg *config.Config, settings []apikey.Setting) *Prepared {
	return &Prepared{catalog: c, next: arrange(cfg, c.opts.Peppers, settings)}
}

// InForce are the endpoints that will be in force.
func (p *Prepared) InForce() []gate.Endpoint { return p.next.force }

// Closed are the endpoints of the store that will not be in force.
func (p *Prepared) Closed() []gate.Closed { return p.next.closed }

// Take puts in force what was prepared, and logs what of the store is not any longer.
func (p *Prepared) Take() {
	c := p.catalog
	before := c.current.Load()
	c.current.Store(p.next)
	for i := range p.next.stored {
		s := &p.next.stored[i]
		known := slices.ContainsFunc(before.stored, func(old stored) bool {
			return old.setting.OrgID == s.setting.OrgID && old.setting.Name == s.setting.Name &&
				old.shadowed == s.shadowed
		})
		if s.shadowed != "" && !known {
			c.opts.Logger.Error("an endpoint in the store is not in force", "endpoint", s.setting.Name,
				"organization", s.setting.OrgID, "reason", s.shadowed)
		}
	}
}

// InForce are the endpoints that are in force.
func (c *Catalog) InForce() []gate.Endpoint { return c.current.Load().force }

// Find returns an endpoint that is in force, by its name; nil if there is none.
func (c *Catalog) Find(name string) *gate.Endpoint {
	force := c.current.Load().force
	for i := range force {
		if force[i].Name == name {
			return &force[i]
		}
	}
	return nil
}

// Closed reports whether a name is that of an endpoint in the store alone, and that is not in force.
func (c *Catalog) Closed(name string) bool {
	return c.Find(name) == nil && slices.ContainsFunc(c.current.Load().closed, func(e gate.Closed) bool {
		return e.Name == name
	})
}

// mainOrg is the organization of whoever runs the server.
const mainOrg = config.StandaloneOrg

// List returns what the gate protects for an organization.
func (c *Catalog) List(orgID int64) api.EndpointList {
	a := c.current.Load()
	list := api.EndpointList{
		Gate: c.opts.Address(), Endpoints: []api.Endpoint{}, InStore: a.cfg.Gate.InStore,
		Upstreams: a.cfg.Gate.Allowed.List(), Kinds: kinds.Names(),
	}
	if orgID == mainOrg {
		list.File = a.cfg.File
	}
	for i := range a.cfg.Gate.Endpoints {
		e := &a.cfg.Gate.Endpoints[i]
		if e.OrgID != 0 && e.OrgID != orgID {
			continue
		}
		d := e.Describe()
		if e.Upstream != nil && (orgID == mainOrg || e.OrgID == orgID) {
			d.Upstream = e.Upstream.String()
		}
		list.Endpoints = append(list.Endpoints, d)
	}
	own := []api.Endpoint{}
	for i := range a.stored {
		if a.stored[i].setting.OrgID == orgID {
			own = append(own, a.stored[i].describe(a.cfg))
		}
	}
	slices.SortFunc(own, func(a, b api.Endpoint) int { return cmp.Compare(a.Name, b.Name) })
	list.Endpoints = append(list.Endpoints, own...)
	for i := range a.removed {
		if r := &a.removed[i]; r.setting.OrgID == orgID && c.Closed(r.setting.Name) {
			list.Removed = append(list.Removed, r.describeRemoved())
		}
	}
	slices.SortFunc(list.Removed, func(a, b api.RemovedEndpoint) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// one returns an endpoint as the API shows it after a change.
func (c *Catalog) one(s *apikey.Setting) (*api.Endpoint, error) {
	a := c.current.Load()
	for i := range a.stored {
		if one := &a.stored[i]; one.setting.OrgID == s.OrgID && one.setting.Name == s.Name {
			d := one.describe(a.cfg)
			return &d, nil
		}
	}
	one := stored{setting: *s}
	one.endpoint, one.shadowed = read(*s, c.opts.Peppers)
	d := one.describe(a.cfg)
	return &d, nil
}

// mayChange says why endpoints cannot be made or changed here.
func (c *Catalog) mayChange(ctx context.Context) (apikey.Caller, error) {
	caller, err := apikey.Manager(ctx)
	if err != nil {
		return caller, err
	}
	a := c.current.Load()
	switch {
	case !a.cfg.Gate.InStore:
		return caller, apikey.Errorf(apikey.CodeConflict, "Endpoints are made in the configuration file alone here. "+
			"Whoever runs the server can let Admins make them with %s: true.",
			a.cfg.Names.Of("gate.endpoints_in_store"))
	case !holds(a.cfg.Gate.Scope, caller.OrgID):
		return caller, apikey.Errorf(apikey.CodeConflict,
			"This server has nothing to do with your organization's keys.")
	}
	return caller, nil
}

// Create makes an endpoint in the store.
func (c *Catalog) Create(ctx context.Context, fields map[string]any) (*api.Endpoint, error) {
	caller, err := c.mayChange(ctx)
	if err != nil {
		return nil, err
	}
	d := c.draft(fields, nil, caller.OrgID)
	c.resolve(ctx, d)
	if err := c.makeRoom(ctx, d); err != nil {
		return nil, err
	}
	made, err := c.opts.Service.ChangeSetting(ctx, apikey.SettingEndpoint, d.endpoint.Name,
		func(all []apikey.Setting, old *apikey.Setting, _ bool) (*string, apikey.Action, apikey.AuditData, error) {
			if err := c.judge(d, all, old, true); err != nil {
				return nil, "", apikey.AuditData{}, err
			}
			return d.value(), apikey.ActionCreateEndpoint, d.audit(nil), nil
		}, d.forget...)
	if err != nil {
		return nil, err
	}
	return c.one(made)
}

// Update changes fields of an endpoint in the store.
func (c *Catalog) Update(ctx context.Context, name string, fields map[string]any) (*api.Endpoint, error) {
	caller, err := c.mayChange(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.refuseOfFile(name, caller.OrgID); err != nil {
		return nil, err
	}
	first := c.draft(fields, c.kept(name, caller.OrgID), caller.OrgID)
	c.resolve(ctx, first)
	changed, err := c.opts.Service.ChangeSetting(ctx, apikey.SettingEndpoint, name,
		func(all []apikey.Setting, old *apikey.Setting, forged bool) (*string, apikey.Action, apikey.AuditData, error) {
			if old == nil {
				return nil, "", apikey.AuditData{}, c.missing(name, caller.OrgID, forged)
			}
			d := c.draft(fields, old, caller.OrgID)
			d.unresolved = first.unresolved
			if err := c.judge(d, all, old, false); err != nil {
				return nil, "", apikey.AuditData{}, err
			}
			return d.value(), apikey.ActionUpdateEndpoint, d.audit(old), nil
		})
	if err != nil {
		return nil, err
	}
	return c.one(changed)
}

// Delete removes an endpoint from the store.
func (c *Catalog) Delete(ctx context.Context, name string) error {
	caller, err := c.mayChange(ctx)
	if err != nil {
		return err
	}
	if !c.isStored(name, caller.OrgID) {
		if err := c.refuseOfFile(name, caller.OrgID); err != nil {
			return err
		}
		return c.missing(name, caller.OrgID, false)
	}
	_, err = c.opts.Service.ChangeSetting(ctx, apikey.SettingEndpoint, name,
		func(_ []apikey.Setting, old *apikey.Setting, _ bool) (*string, apikey.Action, apikey.AuditData, error) {
			data := apikey.AuditData{Endpoint: name}
			if old != nil {
				data.Changes = changesOf(old, nil)
			}
			return nil, apikey.ActionDeleteEndpoint, data, nil
		})
	return err
}

// isStored reports whether an organization has an endpoint of a name in the store, in force or not.
func (c *Catalog) isStored(name string, orgID int64) bool {
	return slices.ContainsFunc(c.current.Load().stored, func(s stored) bool {
		return s.setting.OrgID == orgID && s.setting.Name == name
	})
}

// isRemoved reports whether an organization had an endpoint of a name, and nobody made it again.
func (c *Catalog) isRemoved(name string, orgID int64) bool {
	return slices.ContainsFunc(c.current.Load().removed, func(s stored) bool {
		return s.setting.OrgID == orgID && s.setting.Name == name
	})
}

// refuseOfFile refuses to change an endpoint of the file, unless the organization has one of that name as well.
func (c *Catalog) refuseOfFile(name string, orgID int64) error {
	if c.isStored(name, orgID) {
		return nil
	}
	for _, e := range c.current.Load().cfg.Gate.Endpoints {
		if e.Name == name && (e.OrgID == 0 || e.OrgID == orgID) {
			return apikey.Errorf(apikey.CodeConflict,
				"The endpoint %q is said by the configuration file, and cannot be "+
					"changed here. Change it there, and let the server reload it (SIGHUP).", name)
		}
	}
	return nil
}

// missing says that there is no endpoint that could be changed. One that is here still, and is not forged in the store,
// was removed a moment ago.
func (c *Catalog) missing(name string, orgID int64, forged bool) error {
	if forged {
		return apikey.Errorf(apikey.CodeConflict,
			"The endpoint %q was changed in the store by something else than Ostiary, "+
				"so it is not in force. Remove it, and find out who can write to the store.", name)
	}
	if c.isStored(name, orgID) || c.isRemoved(name, orgID) {
		return apikey.Errorf(apikey.CodeNotFound, "The endpoint %q was removed; its name and paths stay closed. "+
			"Make it again to have it back.", name)
	}
	return apikey.Errorf(apikey.CodeNotFound,
		"There is no such endpoint in this organization's part of the store. List the endpoints to see their names.")
}

// judge says why a draft cannot be kept. All are the endpoints of every organization, old is the one that it replaces.
func (c *Catalog) judge(d *draft, all []apikey.Setting, old *apikey.Setting, isNew bool) error {
	wrong, taken, full := c.mistakes(d, all, old, isNew)
	conflicts := slices.Concat(taken, full)
	switch {
	case len(wrong) > 0:
		return slices.Concat(wrong, conflicts).Err()
	case len(conflicts) == 0:
		return nil
	case len(taken) == 0:
		return &apikey.Error{Code: apikey.CodeConflict, Fields: full,
			Message: "There is no room for this: see " + fieldNames(full) + "."}
	}
	e := &apikey.Error{Code: apikey.CodeConflict, Fields: conflicts,
		Message: "Others have this: see " + fieldNames(conflicts) + "."}
	if slices.ContainsFunc(taken, isOfName) {
		e.Code = apikey.CodeDuplicateName
	}
	return e
}

func isOfUpstream(m apikey.FieldError) bool { return m.Field == "upstream" }

func isOfName(m apikey.FieldError) bool { return m.Field == "name" }

func fieldNames(list apikey.Mistakes) string {
	names := make([]string, len(list))
	for i, m := range list {
		names[i] = m.Field
	}
	return strings.Join(names, ", ")
}

// mistakes are those of a draft, what of it others have, and what there is no room for.
func (c *Catalog) mistakes(
	d *draft, all []apikey.Setting, old *apikey.Setting, isNew bool,
) (wrong, taken, full apikey.Mistakes) {
	others := slices.DeleteFunc(slices.Clone(all), func(s apikey.Setting) bool {
		return old != nil && s.OrgID == old.OrgID && s.Name == old.Name
	})
	a := arrange(c.current.Load().cfg, c.opts.Peppers, slices.Concat(others, c.distrusted()))
	wrong = slices.Clone(d.wrong)
	judged, taken := a.held.Check(&d.endpoint)
	for _, m := range judged {
		if !config.Unread(d.wrong, m.Field) {
			wrong = append(wrong, m)
		}
	}
	if d.unresolved != nil && !slices.ContainsFunc(wrong, isOfUpstream) {
		wrong.Add("upstream", "%s", d.unresolved)
	}
	if old != nil && isNew {
		taken.Add("name", "%q is the name of an endpoint that is there; change that, or choose another name",
			d.endpoint.Name)
	}
	count := 0
	for _, s := range others {
		if s.OrgID == d.endpoint.OrgID {
			count++
		}
	}
	if isNew && count >= MaxStored {
		full.Add("name", "is one too many: an organization may keep %d endpoints in the store; remove one first",
			MaxStored)
	}
	if isNew && len(d.forget) < c.tooMany(&d.endpoint) {
		full.Add("name", "is new, and the names of %d endpoints that your organization removed stay closed, which is as many "+
			"as are kept: keys are limited to each, or requests for it came within %d days; make one of those again, or see to "+
			"it that nobody names one any longer", MaxRemoved, int(lookBack.Hours())/24)
	}
	return inAPI(wrong), inAPI(taken), inAPI(full)
}

// distrusted are the endpoints in the store that are not as Ostiary wrote them.
func (c *Catalog) distrusted() []apikey.Setting {
	return slices.DeleteFunc(slices.Clone(c.current.Load().settings), func(s apikey.Setting) bool {
		return s.Kind != apikey.SettingEndpoint || c.opts.Peppers.TrustSetting(&s) == apikey.Genuine
	})
}

// draft is an endpoint as it shall be.
type draft struct {
	endpoint   gate.Endpoint
	wrong      apikey.Mistakes // in what could not be read; named as in the file
	warnings   []config.Warning
	unresolved error // why its upstream cannot be there now

	forget []string // the names of endpoints that were removed and make room for a new one
}

// resolveTime is how long the name of an upstream may take to be resolved.
const resolveTime = 5 * time.Second

// resolve looks what the upstream of a draft leads to, if it could be there at all.
func (c *Catalog) resolve(ctx context.Context, d *draft) {
	u, guard := d.endpoint.Upstream, c.guard()
	if u == nil || guard.Allowed.Check(u) != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	d.unresolved = guard.Resolve(ctx, u)
}

// guard opens connections to what may stand behind endpoints of the store.
func (c *Catalog) guard() *upstreams.Guard {
	return &upstreams.Guard{Allowed: c.current.Load().cfg.Gate.Allowed, Own: c.opts.Own, Timeout: probeTime}
}

// kept returns what the store has of an endpoint; nil if it has none that is as Ostiary wrote it.
func (c *Catalog) kept(name string, orgID int64) *apikey.Setting {
	for _, s := range c.current.Load().settings {
		if s.Kind == apikey.SettingEndpoint && s.OrgID == orgID && s.Name == name &&
			c.opts.Peppers.TrustSetting(&s) == apikey.Genuine {
			return &s
		}
	}
	return nil
}

// draft reads what was asked for: a new endpoint, or a change to an old one.
func (c *Catalog) draft(fields map[string]any, old *apikey.Setting, orgID int64) *draft {
	d := &draft{}
	inFile, wrong := asInFile(fields)
	d.wrong = wrong
	if old != nil {
		kept, _ := asInFile(numbers(old.Value))
		maps.Copy(kept, inFile)
		if name, isText := inFile["name"].(string); isText && name != old.Name {
			d.wrong.Add("name", "cannot be changed, because keys are limited to it; make another endpoint")
		}
		kept["name"] = old.Name
		inFile = kept
	}
	for name, value := range inFile {
		if value == nil {
			delete(inFile, name)
		}
	}
	var more apikey.Mistakes
	d.endpoint, more, d.warnings = config.StoredEndpoint(inFile, orgID)
	d.wrong = append(d.wrong, more...)
	return d
}

// numbers reads a value of the store with its numbers as they are.
func numbers(value string) map[string]any {
	var fields map[string]any
	d := json.NewDecoder(strings.NewReader(value))
	d.UseNumber()
	_ = d.Decode(&fields) // which Ostiary wrote
	return fields
}

// value is what the store keeps.
func (d *draft) value() *string {
	data, err := json.Marshal(d.endpoint.Spec())
	if err != nil {
		panic(fmt.Sprintf("endpoints: an endpoint cannot be encoded: %v", err)) // of texts and numbers alone
	}
	text := string(data)
	return &text
}

// audit says what a change was; old is nil for a new endpoint.
func (d *draft) audit(old *apikey.Setting) apikey.AuditData {
	return apikey.AuditData{Endpoint: d.endpoint.Name, Changes: changesOf(old, d.value())}
}
