package compat

import (
	"net/http"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// pyroscopeKeys makes the key API of Pyroscope before Grafana's.
func pyroscopeKeys(a *API) {
	p := pyroscope{a}
	a.Paths = []string{"/api/keys", "/api/keys/"}
	a.form = func(f failure) any {
		return struct {
			Errors []string `json:"errors"`
		}{f.sentences()}
	}
	a.route("/api/keys", methods{http.MethodGet: managed(p.list), http.MethodPost: managed(p.create)})
	a.route("/api/keys/{id}", methods{http.MethodDelete: managed(p.delete)})
}

type pyroscope struct{ *API }

// pyroscopeKey is a key; Key is set in the answer that makes it.
type pyroscopeKey struct {
	ID         int64      `json:"id"`
	Name       string     `json:"name"`
	Role       string     `json:"role"`
	Key        string     `json:"key,omitempty"`
	LastSeenAt *time.Time `json:"lastSeenAt,omitempty"`
	ExpiresAt  *time.Time `json:"expiresAt,omitempty"`
	CreatedAt  time.Time  `json:"createdAt"`
}

func toPyroscope(k *apikey.Key) pyroscopeKey {
	role := k.Role.String()
	if k.Role == apikey.RoleViewer {
		role = "ReadOnly"
	}
	return pyroscopeKey{
		ID: k.Number, Name: k.Name, Role: role,
		LastSeenAt: given(k.Usage.LastAt), ExpiresAt: ends(k), CreatedAt: k.CreatedAt,
	}
}

func (p pyroscope) create(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Name       string `json:"name"`
		Role       string `json:"role"`
		TTLSeconds int64  `json:"ttlSeconds"`
	}
	if err := read(w, r, &body); err != nil {
		return err
	}
	n := keyRequest{NewKey: apikey.NewKey{Name: body.Name}, field: "ttlSeconds"}
	switch strings.ToLower(body.Role) {
	case "admin":
		n.Role = apikey.RoleAdmin
	case "agent":
		n.Role = apikey.RoleAgent
	case "readonly":
		n.Role = apikey.RoleViewer
	default:
		n.say("role", "is not known; use Admin, Agent or ReadOnly")
	}
	n.liveFor(body.TTLSeconds)
	issued, err := p.API.create(r.Context(), n)
	if apikey.ErrorCode(err) == apikey.CodeDuplicateName { // Pyroscope has no answer 409 for it
		return &wordedError{status: http.StatusBadRequest, error: err}
	}
	if err != nil {
		return err
	}
	answer := toPyroscope(issued.Key)
	answer.Key = issued.Token
	writeJSON(w, http.StatusCreated, answer)
	return nil
}

func (p pyroscope) list(w http.ResponseWriter, r *http.Request) error {
	return p.API.list(w, r, apikey.Query{}, func(k *apikey.Key) (any, bool) { return toPyroscope(k), true })
}

func (p pyroscope) delete(w http.ResponseWriter, r *http.Request) error {
	if err := p.API.delete(r, apikey.RoleNone); err != nil {
		return err
	}
	noContent(w)
	return nil
}
