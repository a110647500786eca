package compat

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// grafanaKeys makes the key API that Grafana had until version 9, and PMM
// with it: there, Grafana is below /graph.
func grafanaKeys(a *API) {
	g := grafana{a}
	a.form = grafanaForm
	for _, below := range []string{"", "/graph"} {
		keys := below + "/api/auth/keys"
		a.Paths = append(a.Paths, keys, keys+"/")
		a.route(keys, methods{http.MethodGet: managed(g.list), http.MethodPost: g.create})
		a.route(keys+"/{id}", methods{http.MethodDelete: managed(g.delete)})
	}
}

type grafana struct{ *API }

// grafanaMessage is what Grafana says; Error has what it leaves out.
type grafanaMessage struct {
	Message string `json:"message"`
	Error   string `json:"error,omitempty"`
}

// grafanaWords are Grafana's messages, which its clients may look for, where
// a route has none of its own.
var grafanaWords = map[apikey.Code]string{
	apikey.CodeInvalid:         "bad request data",
	apikey.CodeUnauthenticated: "Unauthorized",
	apikey.CodeInvalidToken:    "Invalid API key",
	apikey.CodeExpired:         "Expired API key",
	apikey.CodeForbidden:       "Permission denied",
	apikey.CodeNotFound:        "Not found",
	apikey.CodeDuplicateName:   "API key, organization ID and name must be unique",
	apikey.CodeInternal:        "Internal server error",
}

func grafanaForm(f failure) any {
	words := f.words
	if words == "" {
		words = grafanaWords[f.code]
	}
	if words == "" {
		return grafanaMessage{Message: f.sentence()}
	}
	return grafanaMessage{Message: words, Error: f.sentence()}
}

// grafanaRoles are the roles that Grafana knows. Its role model has none for
// an Agent.
var grafanaRoles = map[string]apikey.Role{"admin": apikey.RoleAdmin, "editor": apikey.RoleEditor,
	"viewer": apikey.RoleViewer}

type grafanaRequest struct {
	Name          string `json:"name"`
	Role          string `json:"role"`
	SecondsToLive int64  `json:"secondsToLive"`
}

func (g grafana) create(w http.ResponseWriter, r *http.Request) error {
	caller, err := apikey.SignedIn(r.Context())
	if err != nil {
		return err
	}
	var body grafanaRequest
	readErr := read(w, r, &body)
	n := keyRequest{NewKey: apikey.NewKey{Name: body.Name, Role: grafanaRoles[strings.ToLower(body.Role)]},
		field: "secondsToLive"}
	if _, err := apikey.Manager(r.Context()); err != nil {
		if readErr == nil && n.Role > caller.Role { // roles are in the order of what they grant
			err = &wordedError{words: "Cannot assign a role higher than user's role", error: err}
		}
		return err
	}
	if readErr != nil {
		return readErr
	}
	if n.Role == apikey.RoleNone {
		n.say("role", "is not known; use Viewer, Editor or Admin")
	}
	n.liveFor(body.SecondsToLive)
	issued, err := g.API.create(r.Context(), n)
	if err != nil {
		return body.word(err)
	}
	writeJSON(w, http.StatusOK, struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
		Key  string `json:"key"`
	}{issued.Key.Number, issued.Key.Name, issued.Token})
	return nil
}

// word says in Grafana's words what is wrong with a request. Grafana names one
// mistake only; the answer has a list of all of them as well.
func (q grafanaRequest) word(err error) error {
	var bad *apikey.Error
	if !errors.As(err, &bad) {
		return err
	}
	for _, f := range bad.Fields {
		switch {
		case f.Field == "role":
			return &wordedError{words: "Invalid role specified", error: err}
		case f.Field != "secondsToLive":
		case q.SecondsToLive < 0:
			return &wordedError{words: "negative value for SecondsToLive", error: err}
		case q.SecondsToLive == 0:
			return &wordedError{words: "Number of seconds before expiration should be set", error: err}
		default:
			return &wordedError{words: "Number of seconds before expiration is greater than the global limit",
				error: err}
		}
	}
	return err
}

// grafanaKey is a key in the list. Its role is Agent where Grafana has no
// name for it.
type grafanaKey struct {
	ID         int64      `json:"id"`
	Name       string     `json:"name"`
	Role       string     `json:"role"`
	Expiration *time.Time `json:"expiration,omitempty"`
	LastUsedAt *time.Time `json:"lastUsedAt,omitempty"`
}

func (g grafana) list(w http.ResponseWriter, r *http.Request) error {
	expired, _ := strconv.ParseBool(r.URL.Query().Get("includeExpired")) // what cannot be read is false, as in Grafana
	now := g.Service.Now()
	return g.API.list(w, r, apikey.Query{}, func(k *apikey.Key) (any, bool) {
		end := ends(k)
		if end != nil && !end.After(now) && !expired {
			return nil, false
		}
		return grafanaKey{ID: k.Number, Name: k.Name, Role: k.Role.String(), Expiration: end,
			LastUsedAt: given(k.Usage.LastAt)}, true
	})
}

func (g grafana) delete(w http.ResponseWriter, r *http.Request) error {
	if _, err := strconv.ParseInt(r.PathValue("id"), 10, 64); err != nil {
		return &wordedError{words: "id is invalid",
			error: apikey.Mistakes{{Field: "id", Detail: "must be the number of a key"}}.Err()}
	}
	if err := g.API.delete(r, apikey.RoleNone); err != nil {
		return &wordedError{words: "Failed to delete API key", error: err}
	}
	writeJSON(w, http.StatusOK, grafanaMessage{Message: "API key deleted"})
	return nil
}
