package gate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// What keys would lose that used a rule, when something is changed.
func TestWhatAKeyWouldLose(t *testing.T) {
	need := func(p apikey.Permission) Need { return Need{Require: p} }
	things := Endpoint{Name: "things", Path: "/things", Require: apikey.PermissionRead, OrgID: 1, Stored: true}
	two := Endpoint{Name: "two", Path: "/two", Require: apikey.PermissionRead, OrgID: 1, Stored: true, Paths: []Rule{
		{Path: "/two/push", Need: need(apikey.PermissionIngest)}, {Path: "/two/{id}/rows"},
	}}
	byMethod := Endpoint{Name: "m", Path: "/m", OrgID: 1, Stored: true, Methods: Methods{
		"GET": need(apikey.PermissionRead), "POST": need(apikey.PermissionWrite), "PROPFIND": need(apikey.PermissionRead),
	}}
	loki := Endpoint{Name: "loki", Kind: "loki", Path: "/loki", OrgID: 1, Stored: true}
	pushes := apikey.Rule{Endpoint: "loki", Path: "/loki/loki/api/v1/push", Method: "POST"}
	with := func(e Endpoint, edit func(*Endpoint)) []Endpoint {
		e.Paths = slices.Clone(e.Paths)
		edit(&e)
		return []Endpoint{e}
	}
	gets := func(endpoint, path string) apikey.Rule {
		return apikey.Rule{Endpoint: endpoint, Path: path, Method: "GET"}
	}
	viewer, agent := apikey.Key{OrgID: 1, Role: apikey.RoleViewer}, apikey.Key{OrgID: 1, Role: apikey.RoleAgent}
	admin := apikey.Key{OrgID: 1, Role: apikey.RoleAdmin}
	only := func(k apikey.Key, endpoints ...string) apikey.Key { k.Endpoints = endpoints; return k }
	tenants := func(k apikey.Key, tenants ...string) apikey.Key { k.Tenants = tenants; return k }
	const would, may = "would be refused: ", "may be refused: "
	for name, test := range map[string]struct {
		now, then []Endpoint
		closed    []Closed
		rule      apikey.Rule
		key       apikey.Key
		says      string // empty = nothing is lost
	}{
		"nothing changes": {now: []Endpoint{two}, then: []Endpoint{two}, rule: gets("two", "/two"), key: viewer},
		"the upstream changes": {
			now: []Endpoint{things}, then: with(things, func(e *Endpoint) { e.PreserveHost = true }),
			rule: gets("things", "/things"), key: viewer,
		},
		"more is required": {
			now: []Endpoint{things}, then: with(things, func(e *Endpoint) { e.Require = apikey.PermissionWrite }),
			rule: gets("things", "/things"), key: viewer,
			says: "GET /things " + would + "it would take write, which the role Viewer does not grant.",
		},
		"more is required, and granted": {
			now: []Endpoint{things}, then: with(things, func(e *Endpoint) { e.Require = apikey.PermissionWrite }),
			rule: gets("things", "/things"), key: admin,
		},
		"nothing is required": {
			now: []Endpoint{things}, then: with(things, func(e *Endpoint) { e.Open, e.Require = true, 0 }),
			rule: gets("things", "/things"), key: only(viewer, "things"),
		},
		"the path moves": {
			now: []Endpoint{things}, then: with(things, func(e *Endpoint) { e.Path = "/other" }),
			rule: gets("things", "/things"), key: viewer, says: "GET /things " + would + "no endpoint would take it.",
		},
		"the path narrows": {
			now: []Endpoint{things}, then: with(things, func(e *Endpoint) { e.Path = "/things/some" }),
			rule: gets("things", "/things"), key: viewer, says: "GET /things " + may + "no endpoint would take it.",
		},
		"the path widens": {
			now: with(things, func(e *Endpoint) { e.Path = "/things/some" }), then: []Endpoint{things},
			rule: gets("things", "/things/some"), key: viewer,
		},
		"the path is meant alone": {
			now: []Endpoint{things}, then: with(things, func(e *Endpoint) { e.Path = "/things/{$}" }),
			rule: gets("things", "/things"), key: viewer, says: may,
		},
		"a path below is added that takes more": {
			now: []Endpoint{things},
			then: with(things, func(e *Endpoint) {
				e.Paths = []Rule{{Path: "/things/deep/er", Need: need(apikey.PermissionManage)}}
			}),
			rule: gets("things", "/things"), key: viewer, says: may + "it would take manage",
		},
		"a path with a name is added that takes more": {
			now: []Endpoint{things},
			then: with(things, func(e *Endpoint) {
				e.Paths = []Rule{{Path: "/things/{id}/x", Need: need(apikey.PermissionManage)}}
			}),
			rule: gets("things", "/things"), key: viewer, says: may + "it would take manage",
		},
		"a path below is added that takes as much": {
			now: []Endpoint{things}, then: with(things, func(e *Endpoint) { e.Paths = []Rule{{Path: "/things/deep"}} }),
			rule: gets("things", "/things"), key: viewer,
		},
		"a path is added elsewhere": {
			now: []Endpoint{things}, then: with(things, func(e *Endpoint) {
				e.Paths = []Rule{{Path: "/else", Need: need(apikey.PermissionManage)}}
			}),
			rule: gets("things", "/things"), key: viewer,
		},
		"a path is removed, and a wider one refuses": {
			now: []Endpoint{two}, then: with(two, func(e *Endpoint) { e.Paths = e.Paths[1:] }),
			rule: apikey.Rule{Endpoint: "two", Path: "/two/push", Method: "POST"}, key: agent,
			says: "POST /two/push " + would + "it would take read",
		},
		"a path is removed, and a wider one takes it": {
			now: []Endpoint{two}, then: with(two, func(e *Endpoint) { e.Paths = e.Paths[:1] }),
			rule: gets("two", "/two/{id}/rows"), key: viewer,
		},
		"another path of it takes more": {
			now: []Endpoint{two}, then: with(two, func(e *Endpoint) { e.Paths[0].Require = apikey.PermissionManage }),
			rule: gets("two", "/two"), key: viewer,
		},
		"what is below a name takes more": {
			now: []Endpoint{two}, then: with(two, func(e *Endpoint) { e.Paths[1].Require = apikey.PermissionWrite }),
			rule: gets("two", "/two/{id}/rows"), key: viewer, says: "GET /two/{id}/rows " + would,
		},
		"a method takes more": {
			now: []Endpoint{byMethod}, then: with(byMethod, func(e *Endpoint) {
				e.Methods = Methods{"GET": need(apikey.PermissionWrite), "POST": need(apikey.PermissionWrite)}
			}),
			rule: gets("m", "/m"), key: viewer, says: "GET /m " + would + "it would take write",
		},
		"another method takes more": {
			now: []Endpoint{byMethod}, then: with(byMethod, func(e *Endpoint) {
				e.Methods = Methods{"GET": need(apikey.PermissionRead), "POST": need(apikey.PermissionManage)}
			}),
			rule: gets("m", "/m"), key: viewer,
		},
		"a method is taken out": {
			now: []Endpoint{byMethod}, then: with(byMethod, func(e *Endpoint) {
				e.Methods = Methods{"POST": need(apikey.PermissionWrite)}
			}),
			rule: gets("m", "/m"), key: viewer, says: would + "the method would not be taken there.",
		},
		"an unusual method is taken out": {
			now: []Endpoint{byMethod}, then: with(byMethod, func(e *Endpoint) {
				e.Methods = Methods{"GET": need(apikey.PermissionRead)}
			}),
			rule: apikey.Rule{Endpoint: "m", Path: "/m"}, key: viewer, says: "PROPFIND /m " + would,
		},
		"all methods become few": {
			now: []Endpoint{things}, then: with(things, func(e *Endpoint) {
				e.Require, e.Methods = 0, Methods{"GET": need(apikey.PermissionRead)}
			}),
			rule: apikey.Rule{Endpoint: "things", Path: "/things", Method: "POST"}, key: viewer,
			says: "POST /things " + would + "the method would not be taken",
		},
		"it becomes of a pool": {
			now: []Endpoint{things}, then: with(things, func(e *Endpoint) { e.Pool = "edge" }),
			rule: gets("things", "/things"), key: viewer, says: would + "things would be for keys of the pool edge.",
		},
		"it becomes one of tenants": {
			now: []Endpoint{things}, then: with(things, func(e *Endpoint) { e.Tenant.Header = "X-Scope-OrgID" }),
			rule: gets("things", "/things"), key: viewer,
			says: would + "things would be for keys that have tenants, and this one has none.",
		},
		"it becomes one of tenants, of which the key has one": {
			now: []Endpoint{things}, then: with(things, func(e *Endpoint) { e.Tenant.Header = "X-Scope-OrgID" }),
			rule: gets("things", "/things"), key: tenants(viewer, "a"),
		},
		"it becomes one of tenants, of which the key has any": {
			now: []Endpoint{things}, then: with(things, func(e *Endpoint) { e.Tenant.Header = "X-Scope-OrgID" }),
			rule: gets("things", "/things"), key: tenants(viewer, "*"),
			says: may + "it would have to say in X-Scope-Orgid",
		},
		"a key is looked for in fewer places": {
			now:  with(things, func(e *Endpoint) { e.Headers = []string{"X-Things-Key"} }),
			then: []Endpoint{things}, rule: gets("things", "/things"), key: viewer,
			says: may + "keys would not be looked for in X-Things-Key any longer.",
		},
		"the kind changes": {
			now: []Endpoint{loki}, then: with(loki, func(e *Endpoint) { e.Kind = "tempo" }),
			rule: pushes, key: agent, says: "POST /loki/loki/api/v1/push " + would + "no endpoint would take it.",
		},
		"the kind's path moves": {
			now: []Endpoint{loki}, then: with(loki, func(e *Endpoint) { e.Path = "/logs" }), rule: pushes, key: agent,
			says: would,
		},
		"a path goes before the kind": {
			now: []Endpoint{loki}, then: with(loki, func(e *Endpoint) {
				e.Paths = []Rule{{Path: "/loki/api/v1/push", Need: need(apikey.PermissionManage)}}
			}),
			rule: pushes, key: agent, says: would + "it would take manage",
		},
		"the kind stays": {now: []Endpoint{loki}, then: []Endpoint{loki}, rule: pushes, key: agent},
		"it is removed": {
			now: []Endpoint{things}, closed: []Closed{{Endpoint: things}}, rule: gets("things", "/things"), key: viewer,
			says: would + "things would be gone.",
		},
		"it is removed, below a wider one": {
			now:    []Endpoint{things, {Name: "all", Path: "/", Require: apikey.PermissionRead, OrgID: 1, Stored: true}},
			then:   []Endpoint{{Name: "all", Path: "/", Require: apikey.PermissionRead, OrgID: 1, Stored: true}},
			closed: []Closed{{Endpoint: things}}, rule: gets("things", "/things"), key: viewer,
			says: would + "things would be gone.",
		},
		"another takes a part of its paths": {
			now: []Endpoint{things}, then: []Endpoint{things, {Name: "b", Path: "/things/b", Require: apikey.PermissionRead,
				OrgID: 1, Stored: true}},
			rule: gets("things", "/things"), key: only(viewer, "things"),
			says: may + "it would be of b, which the key is not for.",
		},
		"another takes a part of its paths, for the same keys": {
			now: []Endpoint{things}, then: []Endpoint{things, {Name: "b", Path: "/things/b", Require: apikey.PermissionRead,
				OrgID: 1, Stored: true}},
			rule: gets("things", "/things"), key: viewer,
		},
		"a rule that is no more": {
			now: []Endpoint{things}, then: with(things, func(e *Endpoint) { e.Path = "/things/new" }),
			rule: gets("things", "/things/old"), key: viewer, says: "GET /things/old " + would,
		},
		"a rule that is no more, elsewhere": {
			now: []Endpoint{things}, then: with(things, func(e *Endpoint) { e.Path = "/things/new" }),
			rule: gets("things", "/before"), key: viewer,
		},
		"by name, and the path moves": {
			now: []Endpoint{things}, then: with(things, func(e *Endpoint) { e.Path = "/other" }),
			rule: apikey.Rule{Endpoint: "things"}, key: viewer, says: may,
		},
		"by name, and more is required": {
			now: []Endpoint{things}, then: with(things, func(e *Endpoint) { e.Require = apikey.PermissionWrite }),
			rule: apikey.Rule{Endpoint: "things", Method: "GET"}, key: viewer, says: would + "it would take write",
		},
		"by name, and it depends on the path then": {
			now: []Endpoint{things}, then: with(things, func(e *Endpoint) {
				e.Paths = []Rule{{Path: "/else", Need: need(apikey.PermissionManage)}}
			}),
			rule: apikey.Rule{Endpoint: "things"}, key: admin, says: "names things alone",
		},
		"by name, and it is removed": {
			now: []Endpoint{things}, closed: []Closed{{Endpoint: things}}, rule: apikey.Rule{Endpoint: "things"},
			key: viewer, says: would + "things would be gone.",
		},
		"a key that is refused now": {
			now: []Endpoint{things}, then: nil, closed: []Closed{{Endpoint: things}}, rule: gets("things", "/things"),
			key: agent,
		},
		"a name that only a proxy knows": {
			now: []Endpoint{things}, then: nil, rule: apikey.Rule{Endpoint: "nope"}, key: admin,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := Compare(test.now, test.then, nil, test.closed)
			loss := c.Loss(test.rule, &test.key)
			if test.says == "" {
				require.Nil(t, loss)
				return
			}
			require.NotNil(t, loss)
			require.Contains(t, loss.Reason, test.says)
			require.Equal(t, !strings.Contains(loss.Reason, "may be refused"), loss.Certain)
			require.True(t, c.Matters(test.rule), "else nobody would ask")
		})
	}
}

// What is said of a rule holds for all of its paths: none is lost of which nothing is said, and none is kept where all
// are said to be lost.
func TestLossesHoldForEveryPath(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	segments := []string{"a", "b", "{x}"}
	path := func() string {
		var text strings.Builder
		for range 1 + random.IntN(3) {
			text.WriteString("/" + segments[random.IntN(len(segments))])
		}
		if random.IntN(4) == 0 {
			text.WriteString(alone)
		}
		return text.String()
	}
	site := func() (all []Endpoint) {
		for i := range 1 + random.IntN(3) {
			e := Endpoint{Name: fmt.Sprint("e", i), OrgID: 1, Stored: true, Require: apikey.PermissionRead}
			for range 1 + random.IntN(3) {
				e.Paths = append(e.Paths, Rule{Path: path(), Need: Need{
					Require: []apikey.Permission{apikey.PermissionRead, apikey.PermissionManage}[random.IntN(2)],
				}})
			}
			all = append(all, e)
		}
		return all
	}
	good := func(all []Endpoint) bool {
		held := NewHeld(&Options{})
		for i := range all {
			if wrong, _ := held.Check(&all[i]); slices.ContainsFunc(wrong, func(m apikey.FieldError) bool {
				return strings.Contains(m.Field, "path")
			}) {
				return false
			}
			held.Add(&all[i])
		}
		return true
	}
	var requests []string
	parts := []string{"a", "b", "c"}
	for i := range parts {
		requests = append(requests, "/"+parts[i])
		for j := range parts {
			requests = append(requests, "/"+parts[i]+"/"+parts[j])
			for k := range parts {
				requests = append(requests, "/"+parts[i]+"/"+parts[j]+"/"+parts[k],
					"/"+parts[i]+"/"+parts[j]+"/"+parts[k]+"/d")
			}
		}
	}
	viewer, lost, pairs := &apikey.Key{OrgID: 1, Role: apikey.RoleViewer}, 0, 0
	for pairs < 400 {
		before, after := site(), site()
		if !good(before) || !good(after) {
			continue
		}
		pairs++
		c := Compare(before, after, nil, nil)
		kept, gone := map[apikey.Rule]int{}, map[apikey.Rule]int{}
		for _, request := range requests {
			now, by := c.now.routes.find(request).ruled("GET")
			if now == nil || now.refuses(viewer) != "" {
				continue
			}
			rule := apikey.Rule{Endpoint: by.Endpoint, Path: by.Path, Method: "GET"}
			if then := c.then.routes.match("GET", request); then != nil && then.refuses(viewer) == "" {
				kept[rule]++
			} else {
				gone[rule]++
			}
		}
		for rule := range gone {
			require.NotNil(t, c.Loss(rule, viewer), "%v of %+v, then %+v", rule, before, after)
			lost++
		}
		for rule := range kept {
			loss := c.Loss(rule, viewer)
			require.False(t, loss != nil && loss.Certain, "%v of %+v, then %+v", rule, before, after)
		}
	}
	require.Greater(t, lost, 100)
}
