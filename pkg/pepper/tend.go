package pepper

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/ostiary/ostiary/pkg/secretfile"
	"github.com/ostiary/ostiary/pkg/setting"
)

// Status says how a pepper file is kept.
type Status struct {
	File   string   `json:"file"`
	Sealed bool     `json:"sealed"`
	With   string   `json:"with"`   // the setting that it was sealed with, or empty
	KDF    string   `json:"kdf"`    // how the key is derived from that, or empty
	Opens  bool     `json:"opens"`  // whether a server with this configuration could start with it
	Reason string   `json:"reason"` // why it does not open
	IDs    []string `json:"ids"`    // of the peppers in it, the current one last, if it opens
}

// StatusOf looks at a pepper file. Only a file that cannot
// be read at all is an error.
func StatusOf(f File) (*Status, error) {
	content, err := f.existing()
	if err != nil {
		return nil, err
	}
	s := &Status{File: f.Name, Sealed: isSealed(content), IDs: []string{}}
	if lines := significantLines(content); s.Sealed && len(lines) > 1 {
		s.KDF = lines[1][min(len("kdf "), len(lines[1])):]
		s.With = sealedWith(s.KDF)
	}
	s.tryToOpen(f)
	return s, nil
}

func (s *Status) tryToOpen(f File) {
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

// SealFile seals a pepper file with what is configured. The file is replaced as
// a whole, or stays as it is.
func SealFile(f File) error {
	content, err := f.existing()
	switch {
	case err != nil:
		return err
	case !f.Seal.Enabled():
		return f.Seal.missing("there is nothing to seal with: set %s or %s")
	case isSealed(content):
		return fmt.Errorf("the pepper file %s is sealed already; to seal it with something else, unseal it first",
			f.Name)
	}
	if _, err := parse(f.Name, content); err != nil {
		return err
	}
	sealed, err := seal(content, f.Seal)
	if err != nil {
		return err
	}
	if again, err := unseal(sealed, f.Seal); err != nil || !bytes.Equal(again, content) { // before the only copy goes
		return errors.New("the sealed file does not open again; nothing was changed")
	}
	return f.replace(sealed)
}

// UnsealFile takes the seal from a pepper file, as SealFile puts it on.
func UnsealFile(f File) error {
	content, err := f.existing()
	switch {
	case err != nil:
		return err
	case !isSealed(content):
		return fmt.Errorf("the pepper file %s is not sealed", f.Name)
	case !f.Seal.Enabled():
		return f.Seal.missing("the pepper file %s is sealed; set %s or %s to what it was sealed with", f.Name)
	}
	plain, err := unseal(content, f.Seal)
	if err != nil {
		return fmt.Errorf("the pepper file %s cannot be opened: %w. Nothing was changed", f.Name, err)
	}
	if _, err := parse(f.Name, plain); err != nil {
		return err
	}
	return f.replace(plain)
}

// existing is content with a word on where the file comes from.
func (f File) existing() ([]byte, error) {
	content, err := f.content()
	if errors.Is(err, errNoFile) {
		return nil, &setting.Error{Name: f.Setting,
			Err: fmt.Errorf("there is no pepper file %s; the first start of a server makes it", f.Name)}
	}
	return content, err
}

func (f File) replace(content []byte) error {
	if err := secretfile.Write(f.Name, content); err != nil {
		return fmt.Errorf("the pepper file cannot be replaced: %w; it is as it was", err)
	}
	return nil
}
