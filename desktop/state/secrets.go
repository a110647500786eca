package state

import (
	"errors"
	"sync"
	"time"

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

// KeyringWait is how long an answer of the keyring is waited for. It may ask
// its user for a password meanwhile, or have nobody to ask and hang.
const KeyringWait = 8 * time.Second

// errNoAnswer means that the keyring has not answered in time.
var errNoAnswer = errors.New("the keyring does not answer")

// Secrets keeps the secrets of connections in a keyring. What the keyring does
// not take is kept in memory until the program ends, and so is everything
// while it does not answer. Every method can take as long as Wait.
type Secrets struct {
	// Wait is how long an answer of the keyring is waited for, KeyringWait
	// unless it is changed before the first use.
	Wait time.Duration

	keyring Keyring
	mu      sync.Mutex
	memory  map[string]string
	asking  int // calls whose answer is waited for
	late    int // calls whose answer is not waited for any more
}

// NewSecrets returns Secrets over a keyring.
func NewSecrets(k Keyring) *Secrets {
	return &Secrets{Wait: KeyringWait, keyring: k, memory: map[string]string{}}
}

// Waiting reports whether an answer of the keyring is being waited for.
func (s *Secrets) Waiting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asking > 0
}

// ask calls the keyring, and gives up after Wait with errNoAnswer. The call
// itself cannot be stopped; until it returns, the keyring is not asked again.
func (s *Secrets) ask(call func() error) error {
	s.mu.Lock()
	hangs := s.late > 0
	if !hangs {
		s.asking++
	}
	s.mu.Unlock()
	if hangs {
		return errNoAnswer
	}
	answer := make(chan error, 1)
	gone := false // nobody waits any more
	go func() {
		err := call()
		s.mu.Lock()
		defer s.mu.Unlock()
		if gone {
			s.late--
		}
		answer <- err
	}()
	limit := time.NewTimer(s.Wait)
	defer limit.Stop()
	select {
	case err := <-answer:
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asking--
		return err
	case <-limit.C:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asking--
	select {
	case err := <-answer: // at the last moment
		return err
	default:
		gone = true
		s.late++
		return errNoAnswer
	}
}

// Get returns the secret of a connection, or ErrNoSecret. A keyring that does
// not work counts as one that is empty: the secret is then asked for.
func (s *Secrets) Get(id string) (string, error) {
	s.mu.Lock()
	secret, ok := s.memory[id]
	s.mu.Unlock()
	if ok {
		return secret, nil
	}
	kept := make(chan string, 1) // an answer that comes too late is left in it
	err := s.ask(func() error {
		secret, err := s.keyring.Get(id)
		kept <- secret
		return err
	})
	if err != nil {
		return "", ErrNoSecret
	}
	if secret = <-kept; secret == "" {
		return "", ErrNoSecret
	}
	return secret, nil
}

// Set keeps the secret of a connection. Lasting is false if no keyring took
// it, so that it is gone when the program ends.
func (s *Secrets) Set(id, secret string) (lasting bool) {
	err := s.ask(func() error { return s.keyring.Set(id, secret) })
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
	if err := s.ask(func() error { return s.keyring.Delete(id) }); err != nil && !inMemory {
		return err
	}
	return nil
}
