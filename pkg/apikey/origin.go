package apikey

import "encoding/json"

// Origin is what is kept of a token that was taken over from another system with
// its key, so that it goes on working. Package origin knows the systems.
//
// Until the token's first good use only the other system's slow Hash is known
// of it, and its Digest is that of no token. Then Digest becomes the
// token's, and Hash is emptied.
type Origin struct {
	System string `json:"system"`         // such as "grafana"
	Handle string `json:"handle"`         // what a token reveals of which key it is
	Hash   string `json:"hash,omitempty"` // in the other system's form
}

// MarshalText writes the origin as stores keep it: without control
// characters, and empty for nil.
func (o *Origin) MarshalText() ([]byte, error) {
	if o == nil {
		return nil, nil
	}
	type plain Origin // whose MarshalText json would call again
	return json.Marshal((*plain)(o))
}

// ParseOrigin reads what MarshalText wrote.
func ParseOrigin(text string) (*Origin, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // nil is the origin of most keys
	}
	type plain Origin
	var o plain
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return nil, err
	}
	return (*Origin)(&o), nil
}
