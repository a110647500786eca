// Package assert tells others in a JSON Web Token (RFC 7519) which key was let
// in, so that they need not know keys: Grafana signs in whoever brings one.
package assert

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/verify"
)

// What every assertion says of itself.
const (
	Issuer   = "ostiary"
	Audience = "grafana"
	Life     = time.Minute
)

// loginPrefix keeps keys apart from people: a key that is called admin must
// not become the user admin.
const loginPrefix = "ostiary-"

// Signer makes assertions with one key, by ES256.
type Signer struct {
	key    *ecdsa.PrivateKey
	header string // of every assertion, encoded
	keySet []byte
	now    func() time.Time
}

// claims are what an assertion says.
type claims struct {
	Issuer            string `json:"iss"`
	Audience          string `json:"aud"`
	Subject           string `json:"sub"` // the key's name
	Name              string `json:"name"`
	PreferredUsername string `json:"preferred_username"`
	Role              string `json:"role"` // one of Grafana's
	Org               int64  `json:"org"`
	IssuedAt          int64  `json:"iat"`
	NotBefore         int64  `json:"nbf"`
	Expires           int64  `json:"exp"`
}

// Grafana returns an assertion for Grafana about a key that was let in. It is
// good for a minute.
func (s *Signer) Grafana(key *verify.Identity) string {
	now := s.now()
	return s.sign(claims{
		Issuer: Issuer, Audience: Audience, Subject: key.Name(), Name: key.Name(), PreferredUsername: loginPrefix + key.Name(),
		Role: grafanaRole(key.Role), Org: key.OrgID,
		IssuedAt: now.Unix(), NotBefore: now.Unix(), Expires: now.Add(Life).Unix(),
	})
}

// grafanaRole is the role by which Grafana calls the same rights. It has none
// for Agent, which may not even read; Grafana knows that as None, and would
// take a name that it does not know for the role of new users, if it were set
// up so.
func grafanaRole(r apikey.Role) string {
	switch r {
	case apikey.RoleAdmin, apikey.RoleEditor, apikey.RoleViewer:
		return r.String()
	}
	return "None"
}

// KeySet returns the public half of the key as a JSON Web Key Set (RFC 7517).
func (s *Signer) KeySet() []byte { return s.keySet }

// newSigner prepares what all assertions share.
func newSigner(key *ecdsa.PrivateKey) (*Signer, error) {
	point, err := key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		return nil, err
	}
	type jwk struct { // sorted by name, as a thumbprint wants it
		Algorithm string `json:"alg,omitempty"`
		Curve     string `json:"crv"`
		ID        string `json:"kid,omitempty"`
		Type      string `json:"kty"`
		Use       string `json:"use,omitempty"`
		X         string `json:"x"`
		Y         string `json:"y"`
	}
	public := jwk{Curve: "P-256", Type: "EC", X: encode(point[1:33]), Y: encode(point[33:])}
	bare, err := json.Marshal(public)
	if err != nil {
		return nil, err
	}
	thumbprint := sha256.Sum256(bare) // RFC 7638
	public.Algorithm, public.ID, public.Use = "ES256", encode(thumbprint[:]), "sig"
	set, err := json.MarshalIndent(map[string][]jwk{"keys": {public}}, "", "  ")
	if err != nil {
		return nil, err
	}
	header, err := json.Marshal(map[string]string{"alg": public.Algorithm, "kid": public.ID, "typ": "JWT"})
	if err != nil {
		return nil, err
	}
	return &Signer{key: key, header: encode(header), keySet: append(set, '\n'), now: time.Now}, nil
}

// sign returns the claims as a signed token. Neither step can fail for a key
// and claims of ours; if one did, the request must not pass.
func (s *Signer) sign(c claims) string {
	payload, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	token := s.header + "." + encode(payload)
	digest := sha256.Sum256([]byte(token))
	r, v, err := ecdsa.Sign(rand.Reader, s.key, digest[:])
	if err != nil {
		panic(err)
	}
	return token + "." + encode(signature(r, v))
}

// signature is what JSON Web Signatures have of two numbers (RFC 7518).
func signature(r, s *big.Int) []byte {
	out := make([]byte, 64)
	r.FillBytes(out[:32])
	s.FillBytes(out[32:])
	return out
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
