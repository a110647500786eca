package uitest

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Keyring fails when it is asked on the thread that draws.
type Keyring struct {
	T     *testing.T
	Clock *Clock
	Asks  int
}

func (k *Keyring) check(what string) {
	k.Asks++
	assert.True(k.T, k.Clock.Background, "the keyring is asked on the thread that draws: %s", what)
}

// Get returns a secret.
func (k *Keyring) Get(string) (string, error) { k.check("get"); return "secret", nil }

// Set takes a secret.
func (k *Keyring) Set(string, string) error { k.check("set"); return nil }

// Delete forgets a secret.
func (k *Keyring) Delete(string) error { k.check("delete"); return nil }
