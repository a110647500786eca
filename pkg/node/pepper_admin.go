package node

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// PepperStatus says how a pepper file is kept.
type PepperStatus struct {
	File   string   `json:"file"`
	Sealed bool     `json:"sealed"`
	With   string   `json:"with"`   // the setting that it was sealed with, or empty
	KDF    string   `json:"kdf"`    // how the key is derived from that, or empty
	Opens  bool     `json:"opens"`  // whether a server with this configuration could start with it
	Reason string   `json:"reason"` // why it does not open
	IDs    []string `json:"ids"`    // of the peppers in it, the current one last, if it opens
}

// StatusOfPepper looks at the configured pepper file. Only a file that cannot
// be read at all is an error.
func StatusOfPepper(cfg *Config) (*PepperStatus, error) {
	f := cfg.pepperFile()
	content, err := f.existing()
	if err != nil {
		return nil, err
	}
	s := &PepperStatus{File: f.name, Sealed: isSealed(content), IDs: []string{}}
	if lines := significantLines(content); s.Sealed && len(lines) > 1 {
		s.KDF = lines[1][min(len("kdf "), len(lines[1])):]
		s.With = sealedWith(s.KDF)
	}
	s.tryToOpen(f)
	return s, nil
}

func (s *PepperStatus) tryToOpen(f pepperFile) {
	peppers, err := f.read()
	if err != nil {
		s.Reason = err.Error()
		return
	}
	s.Opens = true
	for _, p := range peppers.All() {
		s.IDs = append(s.IDs, p.ID())
	}
}

// SealPepper seals the pepper file with what is configured. The file is
// replaced as a whole, or stays as it is.
func SealPepper(cfg *Config) error {
	f := cfg.pepperFile()
	content, err := f.existing()
	switch {
	case err != nil:
		return err
	case !f.seal.Enabled():
		return f.seal.missing("there is nothing to seal with: set %s or %s")
	case isSealed(content):
		return fmt.Errorf("the pepper file %s is sealed already; to seal it with something else, unseal it first", f.name)
	}
	if _, err := parsePeppers(f.name, content); err != nil {
		return err
	}
	sealed, err := seal(content, f.seal)
	if err != nil {
		return err
	}
	if again, err := unseal(sealed, f.seal); err != nil || !bytes.Equal(again, content) { // before the only copy goes
		return errors.New("the sealed file does not open again; nothing was changed")
	}
	return f.replace(sealed)
}

// UnsealPepper takes the seal from the pepper file, as SealPepper puts it on.
func UnsealPepper(cfg *Config) error {
	f := cfg.pepperFile()
	content, err := f.existing()
	switch {
	case err != nil:
		return err
	case !isSealed(content):
		return fmt.Errorf("the pepper file %s is not sealed", f.name)
	case !f.seal.Enabled():
		return f.seal.missing("the pepper file %s is sealed; set %s or %s to what it was sealed with", f.name)
	}
	plain, err := unseal(content, f.seal)
	if err != nil {
		return fmt.Errorf("the pepper file %s cannot be opened: %w. Nothing was changed", f.name, err)
	}
	if _, err := parsePeppers(f.name, plain); err != nil {
		return err
	}
	return f.replace(plain)
}

// existing is content with a word on where the file comes from.
func (f pepperFile) existing() ([]byte, error) {
	content, err := f.content()
	if errors.Is(err, errNoPepperFile) {
		return nil, &SettingError{Name: f.setting, Err: fmt.Errorf("there is no pepper file %s; the first start of a server makes it", f.name)}
	}
	return content, err
}

func (f pepperFile) replace(content []byte) error {
	if err := f.write(content, os.Rename); err != nil {
		return fmt.Errorf("the pepper file cannot be replaced: %w; it is as it was", err)
	}
	return nil
}
