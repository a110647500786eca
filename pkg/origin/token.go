package origin

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// The systems.
const (
	Grafana    = "grafana"
	Pyroscope  = "pyroscope"
	UptimeKuma = "uptime-kuma"

	// grafanaAccount is a token of a service account in Grafana. What the
	// database says of it fits both forms of a token.
	grafanaAccount = "grafana-service-account"
)

// Systems lists the systems that keys can be taken over from.
func Systems() []string { return []string{Grafana, Pyroscope, UptimeKuma} }

// MaxTokenLength is the length of the longest token that is looked at, in
// bytes: one of Grafana with a name of 255 characters, all of them escaped.
const MaxTokenLength = 4096

// Token is a token of another system that was read and not checked yet.
type Token struct {
	Handle string // what it reveals: the keys under this handle are the only ones that it can be
	slow   slowHash
}

// slowHash finds the one of some stored hashes that a token fits, or -1. It
// takes milliseconds.
type slowHash func(hashes []string) int

// Match returns which of the stored hashes the token fits, or -1. It is slow
// on purpose, so the caller limits how many run.
func (t Token) Match(hashes []string) int { return t.slow(hashes) }

// Parse reads a token. Ok is false if it is none of a known system, or not in
// the very form in which its system made it: there is one way to write a key.
func Parse(token string) (t Token, ok bool) {
	if len(token) > MaxTokenLength {
		return t, false
	}
	switch {
	case strings.HasPrefix(token, "eyJ"): // {" in base64
		return parseGrafanaKey(token)
	case strings.HasPrefix(token, accountPrefix):
		return parseGrafanaAccount(token)
	case strings.HasPrefix(token, pyroscopePrefix):
		return parsePyroscope(token)
	case strings.HasPrefix(token, kumaPrefix):
		if t, ok := parseKuma(token); ok {
			return t, true
		}
	}
	return parseBetterAuth(token)
}

// Handles returns the handles under which a token of a key that was taken
// over may be looked for.
func Handles(o *apikey.Origin) []string {
	switch o.System {
	case grafanaAccount:
		return []string{Grafana + " " + o.Handle, accountHandle}
	default:
		return []string{o.System + " " + o.Handle}
	}
}

// Kind returns the kind of hash that tokens with a handle are checked against.
func Kind(handle string) string {
	system, rest, _ := strings.Cut(handle, " ")
	if system == UptimeKuma && len(rest) == betterAuthHandleLength {
		return betterAuthTable
	}
	return system
}

// grafanaKey is what a key of Grafana holds, as JSON in base64.
type grafanaKey struct {
	Secret string `json:"k"`
	Name   string `json:"n"`
	OrgID  int64  `json:"id"`
}

func grafanaHandle(orgID int64, name string) string { return fmt.Sprintf("%d/%s", orgID, name) }

func parseGrafanaKey(token string) (t Token, ok bool) {
	text, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return t, false
	}
	var key grafanaKey
	if err := json.Unmarshal(text, &key); err != nil || key.Secret == "" || key.Name == "" {
		return t, false
	}
	again, err := json.Marshal(key) //nolint:gosec // G117: it goes nowhere
	if err != nil || base64.StdEncoding.EncodeToString(again) != token {
		return t, false
	}
	return Token{Handle: Grafana + " " + grafanaHandle(key.OrgID, key.Name),
		slow: pbkdf2Match(key.Secret, key.Name)}, true
}

// A token of a service account is glsa_SECRET_CHECKSUM and reveals nothing of
// which it is.
const (
	accountPrefix = "glsa_"
	accountHandle = Grafana + " service account"
)

func parseGrafanaAccount(token string) (t Token, ok bool) {
	end := strings.LastIndexByte(token, '_')
	if end < len(accountPrefix) {
		return t, false
	}
	secret, checksum := token[len(accountPrefix):end], token[end+1:]
	sum := binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(token[:end])))
	if secret == "" || strings.Contains(secret, "_") || checksum != hex.EncodeToString(sum) {
		return t, false
	}
	return Token{Handle: accountHandle, slow: pbkdf2Match(secret, checksum)}, true
}

// A key of Pyroscope is psx- and, in base64, the number of its row and 32
// random bytes.
const (
	pyroscopePrefix = "psx-"
	pyroscopeSecret = 32
)

func parsePyroscope(token string) (t Token, ok bool) {
	payload, err := base64.RawURLEncoding.Strict().DecodeString(token[len(pyroscopePrefix):])
	if err != nil {
		return t, false
	}
	id, n := binary.Uvarint(payload)
	if n <= 0 || len(payload)-n != pyroscopeSecret || len(binary.AppendUvarint(nil, id)) != n ||
		strings.ContainsAny(token, "\r\n") {
		return t, false
	}
	return Token{Handle: Pyroscope + " " + strconv.FormatUint(id, 10), slow: bcryptMatch(payload[n:])}, true
}

// A key of Uptime Kuma is uk, the number of its row, _ and a random text.
const kumaPrefix = "uk"

func parseKuma(token string) (t Token, ok bool) {
	id, secret, found := strings.Cut(token[len(kumaPrefix):], "_")
	n, err := strconv.ParseUint(id, 10, 63)
	if !found || err != nil || strconv.FormatUint(n, 10) != id || secret == "" || len(secret) > bcryptMost {
		return t, false
	}
	return Token{Handle: UptimeKuma + " " + id, slow: bcryptMatch([]byte(secret))}, true
}

// A key of Uptime Kuma 3 is 64 random letters, which reveal nothing but
// themselves: it is looked for by a part of its hash, which is a fast one.
const betterAuthLetters = 64

func parseBetterAuth(token string) (t Token, ok bool) {
	if len(token) != betterAuthLetters ||
		strings.ContainsFunc(token, func(c rune) bool { return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') }) {
		return t, false
	}
	hash := betterAuthHash(token)
	return Token{Handle: UptimeKuma + " " + betterAuthHandle(hash), slow: func(hashes []string) int {
		return slices.IndexFunc(hashes,
			func(h string) bool { return subtle.ConstantTimeCompare([]byte(h), []byte(hash)) == 1 })
	}}, true
}

// betterAuthHandle is what keys are looked for by; a number, as Uptime Kuma had
// before, is never as long.
func betterAuthHandle(hash string) string { return hash[:min(len(hash), betterAuthHandleLength)] }

const betterAuthHandleLength = 22
