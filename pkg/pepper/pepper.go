// Package pepper keeps the secret without which no digest in a store can be
// checked: in a file of its own, sealed if so configured.
package pepper

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/secretfile"
)

// marked is the line which says that all keys of the store have a mark, which
// only those of older stores have not: see apikey.Mark. It is in this file because an attacker who can write to the
// store cannot write here: a key that loses its mark later is not given another.
const (
	marked       = "marked"
	markedHeader = "# Every key in the store has a mark that was made with a pepper; one without is denied.\n"
)

// chained is the line which says that all entries of the store's audit trail have a link: see apikey.Link. It is here
// for the same reason.
const (
	chained       = "chained"
	chainedHeader = "# Every entry of the audit trail has a link made with a pepper; one without proves nothing.\n"
)

const header = `# The pepper of an Ostiary key store: without it no key can be verified, and
# no other can take its place. Keep a copy, apart from the copies of the store.
`

// File is where the pepper is kept, and how.
type File struct {
	Name    string
	Setting string // that says so, for messages
	Seal    Seal

	// InStoreDir says that the file is in the directory of the store for which it was made. One of the two alone is
	// then an incomplete copy.
	InStoreDir bool
}

// Open brings together the peppers of the file and those that the
// store's keys were made with. Only for a store that has none is a new pepper
// made; a missing or wrong one is an error that says how to restore it.
func Open(ctx context.Context, file File, store apikey.Store) (*apikey.Peppers, error) {
	known, err := store.Peppers(ctx)
	if err != nil {
		return nil, err
	}
	peppers, err := file.read()
	made := false
	if errors.Is(err, errNoFile) {
		if len(known) > 0 {
			return nil, fmt.Errorf("the pepper file %s is missing, but the store has keys that were made with the pepper %s. "+
				"Put the file back from your backup, or copy it from another server on the same store, and start again. "+
				"Ostiary makes no new one, because it would lock out every key", file.Name, known[len(known)-1].ID)
		}
		if err = file.create(apikey.NewPepper()); err == nil {
			peppers, err = file.read()
			made = true
		}
	}
	if err != nil {
		return nil, err
	}
	if len(known) == 0 && !made && file.InStoreDir {
		if err := file.awaitNote(ctx, store); err != nil {
			return nil, err
		}
	}
	if err := file.fits(peppers, known); err != nil {
		return nil, err
	}
	if err := file.note(ctx, store, peppers, made); err != nil {
		return nil, err
	}
	if err := file.mark(ctx, store, peppers); err != nil {
		return nil, err
	}
	return peppers, file.chain(ctx, store, peppers)
}

// mark gives the keys of an older store their marks, once.
func (f File) mark(ctx context.Context, store apikey.Store, peppers *apikey.Peppers) error {
	if f.Marked() {
		return nil
	}
	if _, err := apikey.MarkAll(ctx, store, peppers); err != nil {
		return err
	}
	return f.addLine(markedHeader, marked)
}

// chain links the entries of an older store's audit trail, once.
func (f File) chain(ctx context.Context, store apikey.Store, peppers *apikey.Peppers) error {
	if f.Chained() {
		return nil
	}
	if _, err := apikey.ChainAll(ctx, store, peppers, time.Now()); err != nil {
		return err
	}
	return f.addLine(chainedHeader, chained)
}

// addLine writes a line at the end of the file, if that can be written: see Marked.
func (f File) addLine(comment, line string) error {
	content, err := f.plain()
	if err != nil {
		return err
	}
	content = fmt.Appendf(bytes.TrimRight(content, "\n"), "\n%s%s\n", comment, line)
	if f.Seal.Enabled() {
		if content, err = seal(content, f.Seal); err != nil {
			return err
		}
	}
	_ = f.replace(content)
	return nil
}

// Marked reports whether the file says that all keys of its store have a mark.
// One that cannot be written may not say so; then keys without a mark are given
// one at every start.
func (f File) Marked() bool { return f.says(marked) }

// Chained reports the same of the entries of the audit trail, and their links.
func (f File) Chained() bool { return f.says(chained) }

func (f File) says(line string) bool {
	content, err := f.plain()
	return err == nil && slices.Contains(significantLines(content), line)
}

// ChainAll links the entries of a store's audit trail that have no link, which is to believe them.
func (f File) ChainAll(ctx context.Context, store apikey.Store) error {
	peppers, err := f.read()
	if err == nil {
		_, err = apikey.ChainAll(ctx, store, peppers, time.Now())
	}
	return err
}

// AppendAudit writes an entry into a store's audit trail, for programs that are no server.
func (f File) AppendAudit(ctx context.Context, store apikey.Store, e apikey.AuditEntry) error {
	if err := f.Fits(ctx, store); err != nil {
		return err
	}
	peppers, err := f.read()
	if err != nil {
		return err
	}
	return apikey.AppendAudit(ctx, store, peppers, e)
}

// CheckTrail reads a store's audit trail, with the file's peppers: see apikey.CheckTrail.
func (f File) CheckTrail(
	ctx context.Context, store apikey.Store, known []apikey.KnownHead,
) (*apikey.TrailCheck, error) {
	peppers, err := f.read()
	if err != nil {
		return nil, err
	}
	return apikey.CheckTrail(ctx, store, peppers, known)
}

// awaitNote fails if the store does not come to know any pepper while another
// process that makes both could be at it.
func (f File) awaitNote(ctx context.Context, store apikey.Store) error {
	for range 20 {
		if known, err := store.Peppers(ctx); err != nil || len(known) > 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("there is the pepper file %s, but the key store beside it was never used with it: it is new, or a copy of the database alone, "+
		"without its write-ahead log (-wal) that holds what was stored last. Restore the store with \"ostiary store restore FILE\"; "+
		"if it is meant to be new, move the pepper file away first", f.Name)
}

// Fits says why the keys of a store could not be verified with the file, or
// nil. It changes nothing.
func (f File) Fits(ctx context.Context, store apikey.Store) error {
	known, err := store.Peppers(ctx)
	if err != nil {
		return err
	}
	peppers, err := f.read()
	if errors.Is(err, errNoFile) {
		return fmt.Errorf("its keys were made with a pepper that is not in it, and there is no pepper file %s. "+
			"Put the file back from your backup first", f.Name)
	}
	if err != nil {
		return err
	}
	return f.fits(peppers, known)
}

// MarkAll gives the keys of a store marks that have none, which is to believe
// them.
func (f File) MarkAll(ctx context.Context, store apikey.Store) error {
	peppers, err := f.read()
	if err == nil {
		_, err = apikey.MarkAll(ctx, store, peppers)
	}
	return err
}

// Distrust lists the keys of a store whose marks do not prove that Ostiary wrote
// them, with the file's peppers.
func (f File) Distrust(ctx context.Context, store apikey.Store) ([]apikey.Distrusted, error) {
	peppers, err := f.read()
	if err != nil {
		return nil, err
	}
	return apikey.Distrust(ctx, store, peppers)
}

// DistrustSettings returns the settings in a store that are not as Ostiary wrote them.
func (f File) DistrustSettings(ctx context.Context, store apikey.Store) ([]apikey.Setting, error) {
	peppers, err := f.read()
	if err != nil {
		return nil, err
	}
	return apikey.DistrustSettings(ctx, store, peppers)
}

func (f File) fits(peppers *apikey.Peppers, known []apikey.PepperCheck) error {
	for _, k := range known {
		switch p := peppers.Find(k.ID); {
		case p == nil:
			return fmt.Errorf("the pepper file %s does not hold the pepper %s, with which keys in the store were made. "+
				"Put the right file back from your backup and start again", f.Name, k.ID)
		case !p.Check().Check.Equal(k.Check):
			return fmt.Errorf("the pepper %s in %s is not the one that the store's keys were made with: the file was changed. "+
				"Put the right file back from your backup and start again", k.ID, f.Name)
		}
	}
	return nil
}

// note writes the current pepper down in the store. If another server, with a
// pepper of its own, has begun to use the store in the meantime, one of the
// two must go: the file goes if it was only just made.
func (f File) note(ctx context.Context, store apikey.Store, peppers *apikey.Peppers, made bool) error {
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
				err = os.Remove(f.Name)
			}
			return errors.Join(fmt.Errorf("another server has begun to use the store at the same moment, with the pepper %s. "+
				"Copy its pepper file to %s and start again: all servers on one store need the same", k.ID, f.Name),
				err)
		}
		return tx.AddPepper(ctx, peppers.Current().Check())
	})
}

// read returns the peppers of the file, which must be sealed if and only if
// that is configured.
func (f File) read() (*apikey.Peppers, error) {
	content, err := f.plain()
	if err != nil {
		return nil, err
	}
	return parse(f.Name, content)
}

// plain returns what the file says, without its seal.
func (f File) plain() ([]byte, error) {
	content, err := f.content()
	if err != nil {
		return nil, err
	}
	switch sealed := isSealed(content); {
	case sealed && !f.Seal.Enabled():
		return nil, f.Seal.missing("the pepper file %s is sealed; set %s or %s to what it was sealed with", f.Name)
	case sealed:
		if content, err = unseal(content, f.Seal); err != nil {
			return nil, fmt.Errorf("the pepper file %s cannot be opened: %w. Nothing was changed; give the right secret, or put the file back from your backup", f.Name, err)
		}
	case f.Seal.Enabled():
		key, _ := f.Seal.inForce()
		return nil, fmt.Errorf("the pepper file %s is not sealed, but %s is set; type \"ostiary pepper seal\" with the same settings, or take that setting away", f.Name, f.Seal.Names.Of(key))
	}
	return content, nil
}

// errNoFile says that the pepper file itself is not there. Fs.ErrNotExist
// would not do: the file of the passphrase may be missing as well.
var errNoFile = errors.New("there is no pepper file")

// content reads the file as it is.
func (f File) content() ([]byte, error) {
	content, err := secretfile.Read(f.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoFile
	}
	if err != nil {
		return nil, fmt.Errorf("the pepper file cannot be read: %w", err)
	}
	if err := content.Private(); err != nil {
		return nil, fmt.Errorf("the pepper file %w", err)
	}
	text, err := content.Text()
	if err != nil {
		return nil, fmt.Errorf("the pepper file %w, or put it back from your backup", err)
	}
	return text, nil
}

// parse reads lines "<id> <secret in base64>", the current pepper last.
func parse(file string, content []byte) (*apikey.Peppers, error) {
	var peppers []*apikey.Pepper
	lines := bufio.NewScanner(bytes.NewReader(content))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' || line == marked || line == chained {
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
func (f File) create(p *apikey.Pepper) error {
	secret := p.Secret()
	encoded := base64.StdEncoding.EncodeToString(secret[:])
	content := fmt.Appendf(nil, "%s%s %s\n%s%s\n%s%s\n", header, p.ID(), encoded, markedHeader, marked, chainedHeader,
		chained)
	if f.Seal.Enabled() {
		var err error
		if content, err = seal(content, f.Seal); err != nil {
			return err
		}
	}
	err := secretfile.Create(f.Name, content)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("the pepper file cannot be made: %w", err)
	}
	return nil
}
