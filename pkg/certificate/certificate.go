package certificate

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Certificate is by what clients know a listener.
type Certificate struct {
	File        string // PEM
	Fingerprint string // SHA-256, in hexadecimal with colons
}

// pair is a certificate with its key.
type pair struct {
	tls *tls.Certificate
	sum [sha256.Size]byte // of the files' contents
}

func newPair(cert, key []byte) (*pair, error) {
	made, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, err
	}
	return &pair{tls: &made, sum: sha256.Sum256(slices.Concat(cert, key))}, nil
}

func (p *pair) fingerprint() string {
	sum := sha256.Sum256(p.tls.Certificate[0])
	return strings.ReplaceAll(fmt.Sprintf("% X", sum), " ", ":")
}

// Served is the certificate of a listener. While its files cannot be read, as in
// the middle of a renewal, the one that was read last serves on.
type Served struct {
	dir, name, listen string
	logger            *slog.Logger
	current           atomic.Pointer[pair]

	mu      sync.Mutex
	files   Files
	trouble bool // the files could not be read when they were last looked at, and that was logged
}

// Serve reads the certificate of a listener, or makes it. Self-made ones are kept
// in dir under the listener's name.
func Serve(files Files, dir, name, listen string, logger *slog.Logger) (*Served, error) {
	s := &Served{dir: dir, name: name, listen: listen, logger: logger, files: files}
	p, err := s.read(files)
	if err != nil {
		return nil, err
	}
	s.current.Store(p)
	return s, nil
}

// TLS is the configuration of the listener.
func (s *Served) TLS() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.current.Load().tls, nil },
	}
}

// Known is by what clients know the listener now.
func (s *Served) Known() Certificate {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Certificate{File: s.place(s.files).CertFile, Fingerprint: s.current.Load().fingerprint()}
}

// place says where the files are.
func (s *Served) place(files Files) Files {
	if files.SelfSigned {
		files.CertFile, files.KeyFile = filepath.Join(s.dir, s.name+".crt"), filepath.Join(s.dir, s.name+".key")
	}
	return files
}

func (s *Served) read(files Files) (*pair, error) {
	files = s.place(files)
	if files.SelfSigned {
		if err := selfSigned(files.CertFile, files.KeyFile, s.listen, files.Names); err != nil {
			return nil, err
		}
	}
	return files.read()
}

// lookEvery is how soon a new certificate is noticed.
const lookEvery = 10 * time.Second

// Run looks for new certificates until ctx ends.
func (s *Served) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.Look()
		}
	}
}

// Look takes up a new certificate, even if the dates of its files have not changed. A failure to read them is logged
// once, until they can be read again.
func (s *Served) Look() {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.read(s.files)
	switch {
	case err != nil && !s.trouble:
		s.logger.Warn("a new certificate cannot be taken up; the one before it serves on", "listener", s.name, "error",
			err)
	case err == nil && s.trouble:
		s.logger.Info("the certificate can be read again", "listener", s.name)
	}
	s.trouble = err != nil
	if err == nil {
		s.take(p)
	}
}

// take serves a pair, and reports whether it is another than before.
func (s *Served) take(p *pair) bool {
	if s.current.Load().sum == p.sum {
		return false
	}
	s.current.Store(p)
	s.logger.Info("a new certificate is served",
		"listener", s.name, "sha256", p.fingerprint(), "ends", p.tls.Leaf.NotAfter)
	return true
}

// Prepare reads the certificate again, perhaps from other files than before, and returns a function that begins to
// serve it and reports whether it differs from the one before.
func (s *Served) Prepare(files Files) (serve func() bool, err error) {
	p, err := s.read(files)
	if err != nil {
		return nil, err
	}
	return func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.files, s.trouble = files, false
		return s.take(p)
	}, nil
}
