package origin

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// Grafana keeps PBKDF2-HMAC-SHA-256 of the secret in hexadecimal.
const (
	pbkdf2Rounds = 10_000
	pbkdf2Size   = 50 // bytes
)

func pbkdf2Hash(secret, salt string) (string, error) {
	sum, err := pbkdf2.Key(sha256.New, secret, []byte(salt), pbkdf2Rounds, pbkdf2Size)
	return hex.EncodeToString(sum), err
}

// pbkdf2Match hashes once for any number of stored hashes.
func pbkdf2Match(secret, salt string) slowHash {
	return func(hashes []string) int {
		sum, err := pbkdf2Hash(secret, salt)
		if err != nil {
			return -1
		}
		match := -1
		for i, h := range hashes {
			if subtle.ConstantTimeCompare([]byte(sum), []byte(h)) == 1 {
				match = i
			}
		}
		return match
	}
}

// checkPBKDF2 says what is wrong with a stored hash.
func checkPBKDF2(hash string) error {
	if sum, err := hex.DecodeString(hash); err != nil || len(sum) != pbkdf2Size {
		return errors.New("its hash is not in the form that Grafana uses")
	}
	return nil
}

const (
	bcryptMost = 72 // bytes of a secret that bcrypt takes

	// maxBcryptCost bounds what a check may take: 2^14 rounds are about a
	// second. Pyroscope and Uptime Kuma use 10.
	maxBcryptCost = 14

	// maxBcryptMatches bounds how many hashes are tried for one token, each of
	// which has its own salt. Several are there only if keys of several
	// servers were taken over.
	maxBcryptMatches = 4
)

func bcryptMatch(secret []byte) slowHash {
	return func(hashes []string) int {
		for i, h := range hashes[:min(len(hashes), maxBcryptMatches)] {
			if bcrypt.CompareHashAndPassword([]byte(h), secret) == nil {
				return i
			}
		}
		return -1
	}
}

// checkBcrypt says what is wrong with a stored hash.
func checkBcrypt(hash string) error {
	cost, err := bcrypt.Cost([]byte(hash))
	switch {
	case err != nil || !strings.HasPrefix(hash, "$2") || len(hash) != 60:
		return errors.New("its hash is not one of bcrypt")
	case cost > maxBcryptCost:
		return fmt.Errorf("its hash has the cost %d; a check would take too long", cost)
	}
	return nil
}

// betterAuthHash is the hash that better-auth keeps: SHA-256 in base64. It is
// a fast one, because a token has 365 random bits.
func betterAuthHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// checkBetterAuth says what is wrong with a stored hash.
func checkBetterAuth(hash string) error {
	if sum, err := base64.RawURLEncoding.Strict().DecodeString(hash); err != nil || len(sum) != sha256.Size {
		return errors.New("its hash is not in the form that Uptime Kuma uses")
	}
	return nil
}
