package state

import (
	"errors"
	"sync"

	"github.com/zalando/go-keyring"
)

// ErrNoSecret means that nothing is kept for a connection: ask for it.
var ErrNoSecret = errors.New("no secret is kept for this connection")

// Keyring keeps secrets beyond the program's end. Get returns ErrNoSecret for
// what it does not hold.
type Keyring interface {
	Get(id string) (string, error)
	Set(id, secret string) error
	Delete(id string) error
}

// SystemKeyring is the keyring of the desktop session: Secret Service on
// Linux, Keychain on macOS, Credential Manager on Windows.
type SystemKeyring struct{}

const keyringService = "ostiary-desktop"

// Get returns the secret of a connection.
func (SystemKeyring) Get(id string) (string, error) {
	secret, err := keyring.Get(keyringService, id)
	if errors.Is(err, keyring.ErrNotFound) {
		return "", ErrNoSecret
	}
	return secret, err
}

// Set keeps the secret of a connection.
func (SystemKeyring) Set(id, secret string) error { return keyring.Set(keyringService, id, secret) }

// Delete forgets the secret of a connection.
func (SystemKeyring) Delete(id string) error {
	err := keyring.Delete(keyringService, id)
	if errors.Is(err, keyring.ErrNotFound) {
		return nil
	}
	return err
}

// Secrets keeps the secrets of connections in a keyring. What the keyring does
// not take is kept in memory until the program ends. A keyring may ask its
// user for a password, so every method can take long.
type Secrets struct {
	keyring Keyring
	mu      sync.Mutex
	memory  map[string]string
}

// NewSecrets returns Secrets over a keyring.
func NewSecrets(k Keyring) *Secrets { return &Secrets{keyring: k, memory: map[string]string{}} }

// Get returns the secret of a connection, or ErrNoSecret. A keyring that does
// not work counts as one that is empty: the secret is then asked for.
func (s *Secrets) Get(id string) (string, error) {
	s.mu.Lock()
	secret, ok := s.memory[id]
	s.mu.Unlock()
	if ok {
		return secret, nil
	}
	secret, err := s.keyring.Get(id)
	if err != nil || secret == "" {
		return "", ErrNoSecret
	}
	return secret, nil
}

// Set keeps the secret of a connection. Lasting is false if no keyring took
// it, so that it is gone when the program ends.
func (s *Secrets) Set(id, secret string) (lasting bool) {
	err := s.keyring.Set(id, secret)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.memory[id] = secret
		return false
	}
	delete(s.memory, id)
	return true
}

// Delete forgets the secret of a connection.
func (s *Secrets) Delete(id string) error {
	s.mu.Lock()
	_, inMemory := s.memory[id]
	delete(s.memory, id)
	s.mu.Unlock()
	if err := s.keyring.Delete(id); err != nil && !inMemory {
		return err
	}
	return nil
}
