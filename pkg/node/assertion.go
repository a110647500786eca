package node

import (
	"slices"

	"github.com/ostiary/ostiary/pkg/assertion"
)

// signer opens the key for assertions if an endpoint wants any; otherwise it
// returns nothing.
func (c *Config) signer() (s *assertion.Signer, keySet []byte, err error) {
	if !slices.ContainsFunc(c.Gate.Endpoints, func(e Endpoint) bool { return e.Assert != "" }) {
		return nil, nil, nil
	}
	if s, err = assertion.Open(c.DataDir); err != nil {
		return nil, nil, err
	}
	keySet = s.KeySet()
	return s, keySet, nil
}

// KeySet returns the JSON Web Key Set with which the gate's assertions are
// checked. It makes the key if there is none, so that whoever is to trust it
// can be set up before the first start.
func KeySet(c *Config) ([]byte, error) {
	if err := c.privateDataDir(); err != nil {
		return nil, err
	}
	s, err := assertion.Open(c.DataDir)
	if err != nil {
		return nil, err
	}
	return s.KeySet(), nil
}
