package apikey

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"hash"
	"sync"
)

// Digest is HMAC-SHA-256(pepper, token): all that a store keeps of a token.
type Digest [sha256.Size]byte

// Equal compares in constant time.
func (d Digest) Equal(other Digest) bool {
	return subtle.ConstantTimeCompare(d[:], other[:]) == 1
}

// PepperSize is the length of a pepper's secret in bytes.
const PepperSize = 32

// Pepper is a secret that is kept apart from the store, so that a stolen
// database alone neither confirms a guessed token nor accepts a planted one.
type Pepper struct {
	id     string
	secret [PepperSize]byte
	hashes sync.Pool // of *keyedHash: keying HMAC costs two of its five blocks

	markers sync.Pool // of *marker: see Mark
	linkers sync.Pool // of *marker: see Link
}

type keyedHash struct {
	mac hash.Hash
	buf [TokenLength]byte
	sum [sha256.Size]byte
}

// NewPepper makes a pepper with a random id and secret.
func NewPepper() *Pepper {
	id := make([]byte, 8)
	fillRandom(id)
	var secret [PepperSize]byte
	_, _ = rand.Read(secret[:]) // never fails since Go 1.24
	return PepperOf(string(id), secret)
}

// PepperOf returns the pepper with the given id and secret.
func PepperOf(id string, secret [PepperSize]byte) *Pepper {
	p := &Pepper{id: id, secret: secret}
	p.hashes.New = func() any { return &keyedHash{mac: hmac.New(sha256.New, p.secret[:])} }
	p.markers.New = func() any { return newMarker(p.secret[:], markLabel) }
	p.linkers.New = func() any { return newMarker(p.secret[:], trailLabel) }
	return p
}

// ID returns the name by which keys refer to the pepper.
func (p *Pepper) ID() string { return p.id }

// Secret returns the pepper's secret, for the file that keeps it.
func (p *Pepper) Secret() [PepperSize]byte { return p.secret }

// Digest returns HMAC-SHA-256 of token under the pepper.
func (p *Pepper) Digest(token string) Digest {
	h := p.hashes.Get().(*keyedHash)
	h.mac.Reset()
	if len(token) <= len(h.buf) {
		n := copy(h.buf[:], token)
		h.mac.Write(h.buf[:n])
		clear(h.buf[:n])
	} else {
		h.mac.Write([]byte(token))
	}
	h.mac.Sum(h.sum[:0])
	d := Digest(h.sum)
	p.hashes.Put(h)
	return d
}

// Check returns what a store may keep of the pepper to recognise it: a digest
// of a fixed text, from which the secret cannot be derived.
func (p *Pepper) Check() PepperCheck {
	return PepperCheck{ID: p.id, Check: p.Digest("ostiary pepper check, version 1")}
}

// PepperCheck is a store's note of a pepper that its keys were made with.
type PepperCheck struct {
	ID    string
	Check Digest
}

// MaxPeppers is how many peppers there may be.
const MaxPeppers = 1000

// Peppers are the peppers at hand. New keys are made with the current one,
// the last; older keys refer to theirs by id. It is immutable.
type Peppers struct {
	all     []*Pepper
	current *Pepper
}

// NewPeppers returns the set of the given peppers, the current one last.
// There must be at least one, and ids must differ.
func NewPeppers(peppers ...*Pepper) (*Peppers, error) {
	if len(peppers) == 0 {
		return nil, fmt.Errorf("no pepper")
	}
	if len(peppers) > MaxPeppers {
		return nil, fmt.Errorf("%d peppers, of which %d are allowed", len(peppers), MaxPeppers)
	}
	seen := map[string]bool{}
	for _, p := range peppers {
		if seen[p.id] {
			return nil, fmt.Errorf("two peppers have the id %q", p.id)
		}
		seen[p.id] = true
	}
	return &Peppers{all: peppers, current: peppers[len(peppers)-1]}, nil
}

// Current returns the pepper that new keys are made with.
func (p *Peppers) Current() *Pepper { return p.current }

// Find returns the pepper with the given id, or nil.
func (p *Peppers) Find(id string) *Pepper {
	if p.current.id == id {
		return p.current
	}
	for _, pepper := range p.all {
		if pepper.id == id {
			return pepper
		}
	}
	return nil
}

// All returns the peppers, the current one last.
func (p *Peppers) All() []*Pepper { return p.all }
