package confine

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// maxForm is how long a form may be, in bytes. Prometheus itself takes 10 MiB; the longest that people use are far
// below this.
const maxForm = 1 << 20

var errFormTooLarge = apikey.Errorf(apikey.CodeTooLarge, "The query is longer than 1 MiB. Ask for less at once.")

// readForm returns the parameters of a request, those of the body first, as servers in Go read them. It takes a body in
// the one form that all of them read alike.
func (r *Request) readForm() (url.Values, error) {
	query, err := parseForm(r.Query)
	if err != nil {
		return nil, err
	}
	body, err := r.readBody()
	if err != nil {
		return nil, err
	}
	form, err := parseForm(body)
	if err != nil {
		return nil, err
	}
	for name, values := range query {
		form[name] = append(form[name], values...)
	}
	return form, nil
}

func parseForm(s string) (url.Values, error) {
	if len(s) > maxForm {
		return nil, errFormTooLarge
	}
	form, err := url.ParseQuery(s)
	if err != nil {
		return nil, apikey.Errorf(apikey.CodeInvalid,
			"The query has a parameter that is malformed: escape what stands in it.")
	}
	return form, nil
}

func (r *Request) readBody() (string, error) {
	if r.Body == nil {
		return "", nil
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	switch {
	case err != nil:
		return "", err
	case len(b) == 0:
		return "", nil
	case r.Method != http.MethodPost:
		return "", apikey.Errorf(apikey.CodeInvalid,
			"A %s request may have no body here, because servers differ in whether they read it.", r.Method)
	case !r.isForm():
		return "", apikey.Errorf(apikey.CodeMediaType,
			"The body must be a form, with Content-Type: %s and no Content-Encoding.", FormType)
	case len(b) > maxForm:
		return "", errFormTooLarge
	}
	return string(b), nil
}

func (r *Request) isForm() bool {
	types := r.Header["Content-Type"]
	if len(types) != 1 || len(r.Header["Content-Encoding"]) > 0 {
		return false
	}
	kind, _, err := mime.ParseMediaType(types[0])
	return kind == FormType && (err == nil || errors.Is(err, mime.ErrInvalidMediaParameter))
}

// confined returns a request with the parameters in the place where its method has them.
func (r *Request) confined(form url.Values) *Confined {
	if r.Method == http.MethodPost {
		return &Confined{Form: []byte(form.Encode())}
	}
	return &Confined{Query: form.Encode()}
}

// refuseExtras refuses the parameters by which VictoriaMetrics is told of tenants, in any spelling.
func refuseExtras(form url.Values) error {
	for name := range form {
		if plain := strings.ToLower(strings.ReplaceAll(name, "-", "_")); strings.HasPrefix(plain, "extra_") {
			return apikey.Errorf(apikey.CodeForbidden,
				"%s is for the gate to say, which sets it to the key's tenant. Leave it out.", clip(name))
		}
	}
	return nil
}

func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
