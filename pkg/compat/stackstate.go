package compat

import (
	"net/http"
	"slices"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// stackStateKeys makes the API of StackState's ingestion keys, and what its
// command line asks before it uses it. Ingestion keys are those with the role
// Agent.
func stackStateKeys(a *API) {
	s := stackState{a}
	a.Paths = []string{"/api/server/info", "/api/security/ingestion/"}
	a.Headers = []string{"X-Api-Token"}
	a.form = stackStateForm
	a.route("/api/server/info", methods{http.MethodGet: s.info})
	a.route("/api/security/ingestion/api_keys",
		methods{http.MethodGet: managed(s.list), http.MethodPost: managed(s.create)})
	a.route("/api/security/ingestion/api_keys/{id}", methods{http.MethodDelete: managed(s.delete)})
	a.route("/api/security/ingestion/authorize", methods{http.MethodPost: s.authorize})
}

type stackState struct{ *API }

// stackStateError is an error by its type.
type stackStateError struct {
	Type    string `json:"_type"`
	Message string `json:"message"`
}

// stackStateTypes are the types of errors by their codes.
var stackStateTypes = map[apikey.Code]string{
	apikey.CodeInvalid:          "RequestValidationError",
	apikey.CodeTooLarge:         "RequestValidationError",
	apikey.CodeMethodNotAllowed: "RequestValidationError",
	apikey.CodeForbidden:        "ForbiddenError",
	apikey.CodeNotFound:         "IngestionApiKeyNotFoundError",
	apikey.CodeDuplicateName:    "IngestionApiKeyNameExistsError",
	apikey.CodeConflict:         "IngestionApiKeyConflictError",
	apikey.CodeRateLimited:      "TooManyRequestsError",
	apikey.CodeUnavailable:      "ServiceUnavailableError",
	apikey.CodeInternal:         "InternalServerError",
}

func stackStateForm(f failure) any {
	kind := stackStateTypes[f.code]
	switch {
	case f.status == http.StatusUnauthorized:
		kind = "UserNotLoggedInError"
	case slices.ContainsFunc(f.fields, func(e apikey.FieldError) bool { return e.Field == "expiration" }):
		kind = "IngestionApiKeyInvalidExpiryError"
	}
	return stackStateError{Type: kind, Message: f.sentence()}
}

// info says that this is a StackState, of a version that has ingestion keys.
// Its command line reads the version as a semantic one, with the commit as
// part of it. It reveals nothing of ours, because anyone may ask.
func (s stackState) info(w http.ResponseWriter, _ *http.Request) error {
	type version struct {
		Major  int    `json:"major"`
		Minor  int    `json:"minor"`
		Patch  int    `json:"patch"`
		Diff   string `json:"diff"`
		Commit string `json:"commit"`
		IsDev  bool   `json:"isDev"`
	}
	writeJSON(w, http.StatusOK, struct {
		Version        version `json:"version"`
		DeploymentMode string  `json:"deploymentMode"`
	}{version{Major: 5, Minor: 1, Commit: "ostiary"}, "SelfHosted"})
	return nil
}

// ingestionKey is a key; APIKey is set in the answer that makes it. Times are
// milliseconds of the Unix epoch.
type ingestionKey struct {
	ID          int64  `json:"id"`
	LastUpdate  int64  `json:"lastUpdateTimestamp"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Expiration  *int64 `json:"expiration,omitempty"`
	APIKey      string `json:"apiKey,omitempty"`
}

func toIngestionKey(k *apikey.Key) ingestionKey {
	out := ingestionKey{ID: k.Number, LastUpdate: k.CreatedAt.UnixMilli(), Name: k.Name, Description: k.Description}
	if end := ends(k); end != nil {
		ms := end.UnixMilli()
		out.Expiration = &ms
	}
	return out
}

func (s stackState) create(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Expiration  *int64 `json:"expiration"`
	}
	if err := read(w, r, &body); err != nil {
		return err
	}
	n := keyRequest{NewKey: apikey.NewKey{Name: body.Name, Description: body.Description, Role: apikey.RoleAgent,
		Lifetime: apikey.Never()}, field: "expiration"}
	if body.Expiration != nil {
		n.Lifetime = apikey.ExpiresAt(time.UnixMilli(*body.Expiration).UTC())
	}
	issued, err := s.API.create(r.Context(), n)
	if err != nil {
		return err
	}
	answer := toIngestionKey(issued.Key)
	answer.APIKey = issued.Token
	writeJSON(w, http.StatusOK, answer)
	return nil
}

func (s stackState) list(w http.ResponseWriter, r *http.Request) error {
	return s.API.list(w, r, apikey.Query{Roles: []apikey.Role{apikey.RoleAgent}},
		func(k *apikey.Key) (any, bool) { return toIngestionKey(k), true })
}

func (s stackState) delete(w http.ResponseWriter, r *http.Request) error {
	if err := s.API.delete(r, apikey.RoleAgent); err != nil {
		return err
	}
	noContent(w)
	return nil
}

// authorize says whether a key of the caller's organization may ingest.
func (s stackState) authorize(w http.ResponseWriter, r *http.Request) error {
	caller, err := apikey.SignedIn(r.Context())
	if err != nil {
		return err
	}
	var body struct {
		APIKey string `json:"apiKey"`
	}
	if err := read(w, r, &body); err != nil {
		return err
	}
	d := s.Verifier.Verify(verify.Question{Token: body.APIKey, Permission: apikey.PermissionIngest,
		OrgID: caller.OrgID})
	switch d.Code {
	case apikey.CodeValid:
	case apikey.CodeUnavailable:
		return &apikey.Error{Code: apikey.CodeUnavailable, Message: d.Reason}
	case apikey.CodeMissing:
		return apikey.Mistakes{{Field: "apiKey", Detail: "is missing; give the key to be judged"}}.Err()
	default:
		s.count(&d)
		return &apikey.Error{Code: apikey.CodeForbidden, Message: d.Reason}
	}
	s.count(&d)
	noContent(w)
	return nil
}

// count counts what was decided. Who uses the key is not who asks.
func (s stackState) count(d *verify.Decision) {
	if d.Key != nil {
		s.Usage.Record(verify.Seen{Key: d.Key.ID, Token: d.Token, OrgID: d.Key.OrgID, Code: d.Code})
	}
}
