package node

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

const pepperHeader = `# The pepper of an Ostiary key store: without it no key can be verified, and
# no other can take its place. Keep a copy, apart from the copies of the store.
`

// pepperFile is where the pepper is kept, and how.
type pepperFile struct {
	name    string
	setting string // that says so, for messages
	seal    PepperSeal
}

// pepperFile is the configured one.
func (c *Config) pepperFile() pepperFile {
	key := "pepper_file"
	if c.PepperFile == defaultPepperFile(c.DataDir) {
		key = "data_dir"
	}
	return pepperFile{name: c.PepperFile, setting: c.names.of(key), seal: c.PepperSeal}
}

// defaultPepperFile is the pepper in a data directory.
func defaultPepperFile(dataDir string) string { return filepath.Join(dataDir, "pepper") }

// openPeppers brings together the peppers of the file and those that the
// store's keys were made with. Only for a store that has none is a new pepper
// made; a missing or wrong one is an error that says how to restore it.
func openPeppers(ctx context.Context, file pepperFile, store apikey.Store) (*apikey.Peppers, error) {
	known, err := store.Peppers(ctx)
	if err != nil {
		return nil, err
	}
	peppers, err := file.read()
	made := false
	if errors.Is(err, errNoPepperFile) {
		if len(known) > 0 {
			return nil, fmt.Errorf("the pepper file %s is missing, but the store has keys that were made with the pepper %s. "+
				"Put the file back from your backup, or copy it from another server on the same store, and start again. "+
				"Ostiary makes no new one, because it would lock out every key", file.name, known[len(known)-1].ID)
		}
		if err = file.create(apikey.NewPepper()); err == nil {
			peppers, err = file.read()
			made = true
		}
	}
	if err != nil {
		return nil, err
	}
	for _, k := range known {
		switch p := peppers.Find(k.ID); {
		case p == nil:
			return nil, fmt.Errorf("the pepper file %s does not hold the pepper %s, with which keys in the store were made. "+
				"Put the right file back from your backup and start again", file.name, k.ID)
		case !p.Check().Check.Equal(k.Check):
			return nil, fmt.Errorf("the pepper %s in %s is not the one that the store's keys were made with: the file was changed. "+
				"Put the right file back from your backup and start again", k.ID, file.name)
		}
	}
	return peppers, file.note(ctx, store, peppers, made)
}

// note writes the current pepper down in the store. If another server, with a
// pepper of its own, has begun to use the store in the meantime, one of the
// two must go: the file goes if it was only just made.
func (f pepperFile) note(ctx context.Context, store apikey.Store, peppers *apikey.Peppers, made bool) error {
	return store.Write(ctx, func(tx apikey.Tx) error {
		known, err := tx.Peppers(ctx)
		if err != nil {
			return err
		}
		for _, k := range known {
			if peppers.Find(k.ID) != nil {
				continue
			}
			if made {
				err = os.Remove(f.name)
			}
			return errors.Join(fmt.Errorf("another server has begun to use the store at the same moment, with the pepper %s. "+
				"Copy its pepper file to %s and start again: all servers on one store need the same", k.ID, f.name), err)
		}
		return tx.AddPepper(ctx, peppers.Current().Check())
	})
}

// read returns the peppers of the file, which must be sealed if and only if
// that is configured.
func (f pepperFile) read() (*apikey.Peppers, error) {
	content, err := f.content()
	if err != nil {
		return nil, err
	}
	switch sealed := isSealed(content); {
	case sealed && !f.seal.Enabled():
		return nil, f.seal.missing("the pepper file %s is sealed; set %s or %s to what it was sealed with", f.name)
	case sealed:
		if content, err = unseal(content, f.seal); err != nil {
			return nil, fmt.Errorf("the pepper file %s cannot be opened: %w. Nothing was changed; give the right secret, or put the file back from your backup", f.name, err)
		}
	case f.seal.Enabled():
		key, _ := f.seal.setting()
		return nil, fmt.Errorf("the pepper file %s is not sealed, but %s is set; type \"ostiary pepper seal\" with the same settings, or take that setting away", f.name, f.seal.names.of(key))
	}
	return parsePeppers(f.name, content)
}

// errNoPepperFile says that the pepper file itself is not there. Fs.ErrNotExist
// would not do: the file of the passphrase may be missing as well.
var errNoPepperFile = errors.New("there is no pepper file")

// content reads the file as it is.
func (f pepperFile) content() ([]byte, error) {
	info, err := os.Stat(f.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoPepperFile
	}
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 { // where the directory's rights decide
		return nil, fmt.Errorf("the pepper file %s can be read by others (%04o); type: chmod 600 %s", f.name, info.Mode().Perm(), f.name)
	}
	content, err := os.ReadFile(f.name)
	if err != nil {
		return nil, fmt.Errorf("the pepper file cannot be read: %w", err)
	}
	return content, nil
}

// parsePeppers reads lines "<id> <secret in base64>", the current pepper last.
func parsePeppers(file string, content []byte) (*apikey.Peppers, error) {
	var peppers []*apikey.Pepper
	lines := bufio.NewScanner(bytes.NewReader(content))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		id, encoded, _ := strings.Cut(line, " ")
		secret, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
		if err != nil || len(secret) != apikey.PepperSize {
			return nil, fmt.Errorf("the pepper file %s is damaged at line %d; put it back from your backup", file, n)
		}
		peppers = append(peppers, apikey.PepperOf(id, [apikey.PepperSize]byte(secret)))
	}
	set, err := apikey.NewPeppers(peppers...)
	if err != nil {
		return nil, fmt.Errorf("the pepper file %s is damaged: %w; put it back from your backup", file, err)
	}
	return set, nil
}

// create makes the file, whole or not at all. If another process is quicker,
// its pepper stays.
func (f pepperFile) create(p *apikey.Pepper) error {
	secret := p.Secret()
	content := fmt.Appendf(nil, "%s%s %s\n", pepperHeader, p.ID(), base64.StdEncoding.EncodeToString(secret[:]))
	if f.seal.Enabled() {
		var err error
		if content, err = seal(content, f.seal); err != nil {
			return err
		}
	}
	err := f.write(content, os.Link)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("the pepper file cannot be made: %w", err)
	}
	return nil
}

// write makes a file of its own, durable and for its owner's eyes alone, and
// lets place put it where it belongs.
func (f pepperFile) write(content []byte, place func(from, to string) error) error {
	dir := filepath.Dir(f.name)
	tmp, err := os.CreateTemp(dir, ".pepper-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(content)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := place(tmp.Name(), f.name); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // which has no such thing
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
