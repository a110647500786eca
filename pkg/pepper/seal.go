package pepper

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/ostiary/ostiary/pkg/secretfile"
	"github.com/ostiary/ostiary/pkg/setting"
)

// A sealed pepper file is text: comments, and then four lines.
//
//	ostiary-sealed-pepper 1
//	kdf argon2id m=65536 t=3 p=4
//	salt BASE64
//	aes-256-gcm BASE64
//
// The last holds the nonce, the encrypted file and its tag. The three lines
// before it are authenticated with it. Of a key file, the key is derived with
// "kdf hkdf-sha256": it is random, and needs no slow hash.
const (
	sealedMagic   = "ostiary-sealed-pepper 1"
	sealedComment = `# The pepper of an Ostiary key store, sealed. It takes the passphrase or the key
# file as well: keep a copy of either, apart from the copies of this file.
# "ostiary pepper status" says more.
`
	hkdfLine = "hkdf-sha256"

	// minKeyFile is how many bytes a key file has at least.
	minKeyFile = 32
)

// The settings of a seal.
const (
	PassphraseFileKey = "pepper.passphrase_file"
	KeyFileKey        = "pepper.key_file"
)

// Seal says how the pepper file is sealed. The zero Seal means that it is not.
type Seal struct {
	PassphraseFile string // holds a passphrase for people, in one line
	KeyFile        string // holds at least 32 random bytes, taken as they are

	Names setting.Names // of the two, for messages
}

// Enabled reports whether the pepper file is to be sealed.
func (s Seal) Enabled() bool { return s.PassphraseFile != "" || s.KeyFile != "" }

// missing makes the error for what takes a secret while none is configured.
func (s Seal) missing(format string, args ...any) error {
	either := []any{s.Names.Of(PassphraseFileKey), s.Names.Of(KeyFileKey)}
	return &setting.Error{Err: fmt.Errorf(format, append(args, either...)...)}
}

// Key is the key of the setting that is in force.
func (s Seal) Key() string {
	key, _ := s.inForce()
	return key
}

// Check says why the seal could not be used: its secret cannot be read.
func (s Seal) Check() error {
	_, err := s.secret()
	return err
}

// inForce returns the key of the setting that is in force, and its file.
func (s Seal) inForce() (key, file string) {
	if s.KeyFile != "" {
		return KeyFileKey, s.KeyFile
	}
	return PassphraseFileKey, s.PassphraseFile
}

// secret reads the passphrase or the key.
func (s Seal) secret() ([]byte, error) {
	key, file := s.inForce()
	content, err := secretfile.Read(file)
	if err != nil {
		return nil, s.Names.Unusable(key, fmt.Errorf("the file cannot be read: %w", err))
	}
	if err := content.Private(); err != nil {
		return nil, s.Names.Unusable(key, err)
	}
	if s.KeyFile != "" {
		if n := len(content.Bytes()); n < minKeyFile {
			return nil, s.Names.Unusable(key,
				fmt.Errorf("%s holds %d bytes, too few for a key; make one of random bytes: head -c 32 /dev/urandom > seal.key", file, n))
		}
		return content.Bytes(), nil
	}
	passphrase, err := secretfile.ParseLine(file, "the passphrase", content.Bytes())
	return []byte(passphrase), s.Names.Unusable(key, err)
}

// argon2Cost is what a guess at a passphrase costs: 64 MiB and about 0.1 s.
type argon2Cost struct {
	memory  uint32 // KiB
	time    uint32
	threads uint8
}

var usualCost = argon2Cost{memory: 64 << 10, time: 3, threads: 4}

// String is the line in the file.
func (c argon2Cost) String() string {
	return fmt.Sprintf("argon2id m=%d t=%d p=%d", c.memory, c.time, c.threads)
}

// parseCost reads such a line. A file that somebody changed must not exhaust
// the memory before it is found out, so there is a limit.
func parseCost(line string) (c argon2Cost, err error) {
	_, err = fmt.Sscanf(line+"\n", "argon2id m=%d t=%d p=%d\n", &c.memory, &c.time, &c.threads)
	if err != nil || c.String() != line {
		return c, errors.New("its key derivation is not known; a newer version of Ostiary may have sealed it")
	}
	if c.memory < 8<<10 || c.memory > 1<<20 || c.time < 1 || c.time > 100 || c.threads < 1 {
		return c, errors.New("the cost of its key derivation is out of bounds")
	}
	return c, nil
}

// isSealed reports whether content is that of a sealed file.
func isSealed(content []byte) bool {
	lines := significantLines(content)
	return len(lines) > 0 && strings.HasPrefix(lines[0], "ostiary-sealed-pepper")
}

// significantLines are those that are neither empty nor comments.
func significantLines(content []byte) (lines []string) {
	for line := range strings.Lines(string(content)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return lines
}

// seal returns the content of a sealed file.
func seal(plain []byte, s Seal) ([]byte, error) {
	secret, err := s.secret()
	if err != nil {
		return nil, err
	}
	kdf := usualCost.String()
	if s.KeyFile != "" {
		kdf = hkdfLine
	}
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails since Go 1.24
	header := fmt.Sprintf("%s\nkdf %s\nsalt %s\n", sealedMagic, kdf, base64.StdEncoding.EncodeToString(salt))
	aead, err := sealer(secret, kdf, salt)
	if err != nil {
		return nil, err
	}
	box := aead.Seal(nil, nil, plain, []byte(header)) //nolint:gosec // G407: nil, because it makes its own nonces
	return fmt.Appendf(nil, "%s%saes-256-gcm %s\n", sealedComment, header, base64.StdEncoding.EncodeToString(box)), nil
}

// unseal returns what seal was given. The errors say what is wrong with the
// file or the secret, and hold nothing of either.
func unseal(content []byte, s Seal) ([]byte, error) {
	secret, err := s.secret()
	if err != nil {
		return nil, err
	}
	lines := significantLines(content)
	if len(lines) != 4 || lines[0] != sealedMagic {
		return nil, errors.New("its form is not known: it is damaged, or a newer version of Ostiary sealed it")
	}
	var values [3]string
	for i, name := range []string{"kdf ", "salt ", "aes-256-gcm "} {
		value, ok := strings.CutPrefix(lines[i+1], name)
		if !ok {
			return nil, fmt.Errorf("it is damaged: the line %q is missing", strings.TrimSpace(name))
		}
		values[i] = value
	}
	salt, saltErr := base64.StdEncoding.Strict().DecodeString(values[1])
	box, boxErr := base64.StdEncoding.Strict().DecodeString(values[2])
	if err := errors.Join(saltErr, boxErr); err != nil {
		return nil, errors.New("it is damaged: what should be base64 is not")
	}
	key, file := s.inForce()
	if (values[0] == hkdfLine) != (s.KeyFile != "") {
		return nil, s.Names.Unusable(key,
			fmt.Errorf("it was sealed with %s, and not with this", s.Names.Of(sealedWith(values[0]))))
	}
	aead, err := sealer(secret, values[0], salt)
	if err != nil {
		return nil, err
	}
	header := strings.Join(lines[:3], "\n") + "\n"
	plain, err := aead.Open(nil, nil, box, []byte(header))
	if err != nil {
		return nil, fmt.Errorf("%s does not open it: %s holds another secret than the one that it was sealed with, or the file was changed", s.Names.Of(key), file)
	}
	return plain, nil
}

// sealedWith names the setting that belongs to a key derivation.
func sealedWith(kdf string) string {
	if kdf == hkdfLine {
		return KeyFileKey
	}
	return PassphraseFileKey
}

// sealer derives the key and returns the cipher, which brings its own random
// nonces.
func sealer(secret []byte, kdf string, salt []byte) (cipher.AEAD, error) {
	const keySize = 32 // AES-256
	var key []byte
	if kdf == hkdfLine {
		var err error
		if key, err = hkdf.Key(sha256.New, secret, salt, "ostiary pepper seal, version 1", keySize); err != nil {
			return nil, err
		}
	} else {
		cost, err := parseCost(kdf)
		if err != nil {
			return nil, err
		}
		key = argon2.IDKey(secret, salt, cost.time, cost.memory, cost.threads, keySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
