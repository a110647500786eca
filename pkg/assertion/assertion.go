// Package assertion signs JSON Web Tokens (RFC 7519) that say which key was let in, so that a service needs to know no
// keys: Grafana signs in the user that one names.
package assertion

import (
	"crypto"
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// What every assertion has in common.
const (
	Issuer   = "ostiary"
	Audience = "grafana"
	Life     = time.Minute
)

// Signer signs assertions with one key, by ES256. It can be used by many requests at once.
type Signer struct {
	signer jose.Signer
	keySet []byte
	now    func() time.Time
}

// claims are the contents of an assertion.
type claims struct {
	Issuer            string `json:"iss"`
	Audience          string `json:"aud"`
	Subject           string `json:"sub"`
	Name              string `json:"name"`
	PreferredUsername string `json:"preferred_username"`
	Role              string `json:"role"` // one of Grafana's
	Org               int64  `json:"org"`
	IssuedAt          int64  `json:"iat"`
	NotBefore         int64  `json:"nbf"`
	Expires           int64  `json:"exp"`
}

// Grafana returns an assertion for Grafana about a key that was let in. It is good for a minute.
func (s *Signer) Grafana(key *verify.Identity) string {
	now := s.now()
	return s.sign(claims{
		Issuer: Issuer, Audience: Audience, Subject: subject(key),
		Name: key.Name(), PreferredUsername: "ostiary-" + key.Name(),
		Role: grafanaRole(key.Role), Org: key.OrgID,
		IssuedAt: now.Unix(), NotBefore: now.Unix(), Expires: now.Add(Life).Unix(),
	})
}

// subject names a key to Grafana, which signs in the user that it has linked to a subject before it looks at anything
// else. So nobody may choose it: a name could be that of a person, or of a key that was deleted and whose permissions
// are still there.
func subject(key *verify.Identity) string {
	return fmt.Sprintf("%s:%d:%s", Issuer, key.OrgID, key.ID)
}

// grafanaRole is Grafana's name for a role. It has none for Agent, which may not even read, but None. A name that it
// does not know could get the role of new users.
func grafanaRole(r apikey.Role) string {
	switch r {
	case apikey.RoleAdmin, apikey.RoleEditor, apikey.RoleViewer:
		return r.String()
	}
	return "None"
}

// KeySet returns the public half of the key as a JSON Web Key Set (RFC 7517).
func (s *Signer) KeySet() []byte { return s.keySet }

// newSigner returns a Signer whose key's id is its thumbprint (RFC 7638).
func newSigner(private *ecdsa.PrivateKey) (*Signer, error) {
	key := jose.JSONWebKey{Key: private, Algorithm: string(jose.ES256), Use: "sig"}
	thumbprint, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, err
	}
	key.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	options := (&jose.SignerOptions{}).WithType("JWT")
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, options)
	if err != nil {
		return nil, err
	}
	set, err := json.MarshalIndent(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key.Public()}}, "", "  ")
	if err != nil {
		return nil, err
	}
	return &Signer{signer: signer, keySet: append(set, '\n'), now: time.Now}, nil
}

// sign returns the claims as a signed token. No step can fail for a key and claims of ours; if one did, the request
// must not pass.
func (s *Signer) sign(c claims) string {
	payload, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	signed, err := s.signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return token
}
