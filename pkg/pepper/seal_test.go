package pepper_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/pepper"
)

// sealing says where a pepper is, and a secret to seal it with: a key file if it is one of bytes, which opens fast, or
// a passphrase.
func sealing(t *testing.T, passphrase string) pepper.File {
	t.Helper()
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	file := pepper.File{Name: filepath.Join(dir, "pepper")}
	if passphrase != "" {
		require.NoError(t, os.WriteFile(secret, []byte(passphrase+"\n"), 0o600))
		file.Seal.PassphraseFile = secret
		return file
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	require.NoError(t, os.WriteFile(secret, key, 0o600))
	file.Seal.KeyFile = secret
	return file
}

func TestASealedPepperIsMadeAndOpenedAgain(t *testing.T) {
	for name, passphrase := range map[string]string{"key file": "", "passphrase": "correct horse battery staple"} {
		t.Run(name, func(t *testing.T) {
			file := sealing(t, passphrase)
			store := openStore(t, filepath.Dir(file.Name))
			first, err := pepper.Open(t.Context(), file, store)
			require.NoError(t, err)
			content, err := os.ReadFile(file.Name)
			require.NoError(t, err)
			secret := first.Current().Secret()
			require.NotContains(t, string(content), base64.StdEncoding.EncodeToString(secret[:]))
			require.NotContains(t, string(content), first.Current().ID())
			again, err := pepper.Open(t.Context(), file, store)
			require.NoError(t, err)
			require.Equal(t, first.Current().Check(), again.Current().Check())

			// The same pepper, with and without its seal, in each direction.
			require.NoError(t, pepper.UnsealFile(file))
			plain, err := pepper.Open(t.Context(), pepper.File{Name: file.Name}, store)
			require.NoError(t, err)
			require.Equal(t, first.Current().Check(), plain.Current().Check())
			_, err = pepper.Open(t.Context(), file, store)
			require.ErrorContains(t, err, "not sealed")
			require.NoError(t, pepper.SealFile(file))
			again, err = pepper.Open(t.Context(), file, store)
			require.NoError(t, err)
			require.Equal(t, first.Current().Check(), again.Current().Check())
			info, err := os.Stat(file.Name)
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
			resealed, err := os.ReadFile(file.Name)
			require.NoError(t, err)
			require.NotEqual(t, content, resealed, "another salt and nonce each time")
			left, err := filepath.Glob(filepath.Join(filepath.Dir(file.Name), ".pepper-*"))
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

// A mistyped path of the secret must not be reported as a missing pepper.
func TestAMissingSecretIsNotAMissingPepper(t *testing.T) {
	for name, passphrase := range map[string]string{"key file": "", "passphrase": "correct horse battery staple"} {
		t.Run(name, func(t *testing.T) {
			file := sealing(t, passphrase)
			store := openStore(t, filepath.Dir(file.Name))
			_, err := pepper.Open(t.Context(), file, store)
			require.NoError(t, err)
			secret := filepath.Join(filepath.Dir(file.Name), "secret")
			require.NoError(t, os.Rename(secret, secret+".away"))
			_, err = pepper.Open(t.Context(), file, store)
			require.ErrorContains(t, err, "the file cannot be read: open "+secret+": ")
			require.NotContains(t, err.Error(), "is missing")
			require.NoError(t, os.Rename(secret+".away", secret))
			_, err = pepper.Open(t.Context(), file, store)
			require.NoError(t, err)
		})
	}
}

// Every bit of the three lines that say how, and of the sealed bytes, counts.
func TestAChangedSealedPepperDoesNotOpen(t *testing.T) {
	file := sealing(t, "")
	store := openStore(t, filepath.Dir(file.Name))
	_, err := pepper.Open(t.Context(), file, store)
	require.NoError(t, err)
	good, err := os.ReadFile(file.Name)
	require.NoError(t, err)
	comments := bytes.Index(good, []byte("ostiary-sealed-pepper"))
	for at := comments; at < len(good)-1; at++ {
		for bit := range 8 {
			bad := append([]byte{}, good...)
			bad[at] ^= 1 << bit
			if strings.TrimSpace(string(bad)) == strings.TrimSpace(string(good)) {
				continue
			}
			require.NoError(t, os.WriteFile(file.Name, bad, 0o600))
			_, err := pepper.Open(t.Context(), file, store)
			require.Error(t, err, "byte %d, bit %d: %q", at, bit, bad[comments:])
			left, err := os.ReadFile(file.Name)
			require.NoError(t, err)
			require.Equal(t, bad, left, "a file that does not open must stay")
		}
	}
}

func TestASealedPepperThatCannotBeOpenedSaysWhy(t *testing.T) {
	file := sealing(t, "correct horse")
	store := openStore(t, filepath.Dir(file.Name))
	_, err := pepper.Open(t.Context(), file, store)
	require.NoError(t, err)
	content, err := os.ReadFile(file.Name)
	require.NoError(t, err)
	good := string(content)
	replace := func(old, with string) string {
		out := regexp.MustCompile(old).ReplaceAllString(good, with)
		require.NotEqual(t, good, out)
		return out
	}
	for name, c := range map[string]struct{ content, says string }{
		"cut":                {good[:len(good)-10], "damaged"},
		"without a line":     {replace(`(?m)^salt .*\n`, ""), "damaged"},
		"of a newer version": {replace(`pepper 1\n`, "pepper 2\n"), "newer version"},
		"another KDF":        {replace(`kdf .*`, "kdf scrypt N=2"), "newer version"},
		"too much memory":    {replace(`m=65536`, "m=99999999"), "out of bounds"},
		"too little memory":  {replace(`m=65536`, "m=8"), "out of bounds"},
		"no rounds":          {replace(`t=3`, "t=0"), "out of bounds"},
		"cheaper":            {replace(`t=3`, "t=1"), "does not open it"},
		"another salt":       {replace(`salt .*`, "salt AAAAAAAAAAAAAAAAAAAAAA=="), "does not open it"},
		"a key file's":       {replace(`kdf .*`, "kdf hkdf-sha256"), "sealed with pepper.key_file"},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(file.Name, []byte(c.content), 0o600))
			_, err := pepper.Open(t.Context(), file, store)
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, file.Name)
			require.NotContains(t, err.Error(), "correct horse")
		})
	}
	require.NoError(t, os.WriteFile(file.Name, content, 0o600))
	require.NoError(t, os.WriteFile(file.Seal.PassphraseFile, []byte("correct house"), 0o600))
	_, err = pepper.Open(t.Context(), file, store)
	require.ErrorContains(t, err, "pepper.passphrase_file does not open it")
	require.ErrorContains(t, err, "give the right secret")
	require.ErrorContains(t, pepper.SealFile(file), "sealed already")
	require.ErrorContains(t, pepper.UnsealFile(file), "Nothing was changed")
	left, err := os.ReadFile(file.Name)
	require.NoError(t, err)
	require.Equal(t, good, string(left))
}
