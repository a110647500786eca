package assertion

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/ostiary/ostiary/pkg/secretfile"
)

// FileName is what the key's file is called in the data directory.
const FileName = "assertion.key"

const pemType = "PRIVATE KEY"

// Open returns the Signer whose key is in the directory, and makes the key if
// there is none: an ECDSA key on P-256, as PKCS #8 in PEM, that only its owner
// can read. A key that is there but cannot be used is an error that says what
// to do: replacing it would mean a new key for every service that trusts it.
func Open(dir string) (*Signer, error) {
	file := filepath.Join(dir, FileName)
	key, err := read(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err = create(file); err == nil {
			key, err = read(file)
		}
	}
	if err != nil {
		return nil, err
	}
	return newSigner(key)
}

func read(file string) (*ecdsa.PrivateKey, error) {
	content, err := secretfile.Read(file)
	if err != nil {
		return nil, fmt.Errorf("the key for assertions cannot be read: %w", err)
	}
	if err := content.Private(); err != nil {
		return nil, fmt.Errorf("the key for assertions %w", err)
	}
	if block, _ := pem.Decode(content.Bytes()); block != nil && block.Type == pemType {
		parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if key, ok := parsed.(*ecdsa.PrivateKey); err == nil && ok && key.Curve == elliptic.P256() {
			return key, nil
		}
	}
	return nil, fmt.Errorf("the key for assertions %s is damaged, or is no ECDSA key on P-256 in PKCS #8; "+
		"put it back from your backup, or remove it to have another made, and give Grafana the new key set", file)
}

// create makes the file, whole or not at all. If another process is quicker,
// its key stays.
func create(file string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	err = secretfile.Create(file, pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("the key for assertions cannot be made: %w", err)
	}
	return nil
}
