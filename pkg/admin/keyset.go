package admin

import (
	"github.com/ostiary/ostiary/pkg/assertion"
	"github.com/ostiary/ostiary/pkg/config"
)

// KeySet returns the JSON Web Key Set with which the gate's assertions are
// checked. It makes the key if there is none, so that the services that will trust it
// can be set up before the first start.
func KeySet(c *config.Config) ([]byte, error) {
	if err := c.MakeDataDir(); err != nil {
		return nil, err
	}
	s, err := assertion.Open(c.DataDir)
	if err != nil {
		return nil, err
	}
	return s.KeySet(), nil
}
