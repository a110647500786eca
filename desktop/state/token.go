package state

import (
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/ostiary/ostiary/pkg/secretfile"
)

// Once holds a new token while it is shown, and forgets it on demand.
type Once struct {
	mu    sync.Mutex
	token []byte
}

// ErrForgotten means that a token is gone.
var ErrForgotten = errors.New("the token was forgotten; rotate the key to get a new one")

// newOnce takes over a token. The caller must drop its own reference.
func newOnce(token string) *Once { return &Once{token: []byte(token)} }

// Fill puts the token in place of every mark in text. What it returns is for
// the clipboard; do not keep it.
func (o *Once) Fill(text, mark string) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.token) == 0 {
		return "", ErrForgotten
	}
	return strings.ReplaceAll(text, mark, string(o.token)), nil
}

// Save writes the token to a new file that only its owner can read. An
// existing file is not overwritten, because others may have it open.
func (o *Once) Save(path string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.token) == 0 {
		return ErrForgotten
	}
	content := append(slices.Clone(o.token), '\n')
	defer clear(content)
	return secretfile.Create(path, content)
}

// TokenFile proposes a file in the home directory for the token of a key.
func TokenFile(key string) string { return proposed(key + ".key") }

// TokensFile proposes a file in the home directory for the tokens of a pool.
func TokensFile(pool string) string { return proposed(pool + "-keys.csv") }

// proposed is a file in the home directory of a name, or of one with a number where there is such a file already.
func proposed(name string) string {
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r) {
			return r
		}
		return '-'
	}, name)
	home, err := os.UserHomeDir()
	if err != nil {
		home = "."
	}
	path := filepath.Join(home, strings.TrimLeft(safe, ".-"))
	kind := filepath.Ext(path)
	free := path
	for n := 2; n < 1000 && exists(free); n++ {
		free = strings.TrimSuffix(path, kind) + "-" + strconv.Itoa(n) + kind
	}
	return free
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// Forget overwrites the token.
func (o *Once) Forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.token)
	o.token = nil
}

// Clipboard is the system's. Its methods are called on the thread that draws.
type Clipboard interface {
	Content() string
	SetContent(string)
}

// Guard takes a secret out of the clipboard again. It knows what it put there
// by its digest alone. It is for one goroutine.
type Guard struct {
	clipboard Clipboard
	digest    [sha256.Size]byte
	armed     bool
}

// NewGuard returns a Guard of a clipboard.
func NewGuard(c Clipboard) *Guard { return &Guard{clipboard: c} }

// Copy puts a secret into the clipboard.
func (g *Guard) Copy(secret string) {
	g.clipboard.SetContent(secret)
	g.digest, g.armed = sha256.Sum256([]byte(secret)), true
}

// Holds reports whether the clipboard still holds the secret.
func (g *Guard) Holds() bool {
	return g.armed && sha256.Sum256([]byte(g.clipboard.Content())) == g.digest
}

// Clear empties the clipboard if it still holds the secret.
func (g *Guard) Clear() {
	if g.Holds() {
		g.clipboard.SetContent("")
	}
	g.armed = false
}
