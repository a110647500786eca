package apikey

import (
	"crypto/rand"
	"hash/crc32"
	"regexp"
	"strings"
	"unsafe"
)

// A token is ost_<id>_<secret><crc>, 66 characters:
//
//	ost_4fjK2n0qPz7a_T0h…43 characters…Qx3Qd9Z
//	    └─ id, 12 ─┘ └─ secret, 43 ──┘└crc, 6┘
//
// The id is public. The checksum is CRC-32 (IEEE) of everything before it; it
// shows without a look-up that a copy is whole, and proves nothing else.
const (
	TokenPrefix = "ost_"
	IDLength    = 12

	secretLength   = 43 // 62^43 > 2^256
	checksumLength = 6  // 62^6 > 2^32
	secretStart    = len(TokenPrefix) + IDLength + 1
	checksumStart  = secretStart + secretLength

	// TokenLength is the number of bytes in every token.
	TokenLength = checksumStart + checksumLength
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// notBase62 is set in digits for every byte that is not of the alphabet.
const notBase62 = 0x80

// digits holds the value of every base62 digit.
var digits = func() (t [256]uint8) {
	for i := range t {
		t[i] = notBase62
	}
	for i := range len(base62) {
		t[base62[i]] = uint8(i)
	}
	return t
}()

// ID is the public part of a token, 12 base62 characters, as an array: it is
// a map key that needs no pointer.
type ID [IDLength]byte

// String returns the id's characters.
func (id ID) String() string { return string(id[:]) }

// ParseID reads an id. ok is false if s is not 12 base62 characters.
func ParseID(s string) (id ID, ok bool) {
	if len(s) != IDLength || !allBase62(s) {
		return ID{}, false
	}
	return ID([]byte(s)), true
}

// NewToken makes a token from the operating system's random numbers.
func NewToken() (token string, id ID) {
	b := make([]byte, TokenLength)
	copy(b, TokenPrefix)
	fillRandom(b[len(TokenPrefix) : secretStart-1])
	b[secretStart-1] = '_'
	fillRandom(b[secretStart:checksumStart])
	putChecksum(b[checksumStart:], checksum(string(b[:checksumStart])))
	return string(b), ID(b[len(TokenPrefix) : secretStart-1])
}

// ParseToken returns the id of a well-formed token with a right checksum. It
// allocates nothing and consults nothing.
func ParseToken(token string) (id ID, ok bool) {
	if len(token) != TokenLength || token[:len(TokenPrefix)] != TokenPrefix || token[secretStart-1] != '_' ||
		!allBase62(token[len(TokenPrefix):secretStart-1]) || !allBase62(token[secretStart:checksumStart]) ||
		!isChecksum(token[checksumStart:], checksum(token[:checksumStart])) {
		return ID{}, false
	}
	copy(id[:], token[len(TokenPrefix):])
	return id, true
}

// FindTokens calls found with the offset and the text of every whole token in
// text, in order. A token must not be part of a longer word.
func FindTokens(text []byte, found func(offset int, token string)) {
	s := string(text)
	for at := 0; ; {
		i := strings.Index(s[at:], TokenPrefix)
		if i < 0 {
			return
		}
		start := at + i
		at = start + len(TokenPrefix)
		end := start + TokenLength
		if end > len(s) || start > 0 && allBase62(s[start-1:start]) || end < len(s) && allBase62(s[end:end+1]) {
			continue
		}
		if _, ok := ParseToken(s[start:end]); ok {
			found(start, s[start:end])
			at = end
		}
	}
}

// tokenLike finds tokens, whole or cut, and spares what Hint shows.
var tokenLike = regexp.MustCompile(`ost_([0-9A-Za-z]{12})_[0-9A-Za-z_]+`)

// hintLike is tokenLike for what Hint shows, too.
var hintLike = regexp.MustCompile(`ost_([0-9A-Za-z]{12})(_[0-9A-Za-z_…]*)?`)

// Searched returns a text that is searched for with every token in it, whole, cut or as a hint, as its public part
// alone, which finds its key: the rest must not get into addresses and logs.
func Searched(text string) string {
	if !strings.Contains(text, TokenPrefix) {
		return text
	}
	return hintLike.ReplaceAllString(text, "${1}")
}

// foreignLike finds tokens of the systems that keys can be taken over from:
// see package origin.
var foreignLike = regexp.MustCompile(`\b(psx-|glsa_|uk\d{1,19}_|eyJrIjoi)[0-9A-Za-z+/_-]{30,}=*`)

// Redact returns text with every token in it, whole or cut, reduced to its
// public part. Every text that quotes a user's input goes through it before it
// is logged or answered.
func Redact(text string) string {
	if strings.Contains(text, TokenPrefix) {
		text = tokenLike.ReplaceAllString(text, "ost_${1}_…")
	}
	for _, begin := range []string{"psx-", "glsa_", "uk", "eyJrIjoi"} { // most texts have none, and looking is quick
		if strings.Contains(text, begin) {
			return foreignLike.ReplaceAllString(text, "${1}…")
		}
	}
	return text
}

// Hint returns what may be shown of a token for ever: its id and its last
// four characters, which belong to the checksum.
func Hint(token string) string {
	return token[:secretStart] + "…" + token[len(token)-4:]
}

// allBase62 looks at every byte without stopping at a wrong one, which is
// faster than a decision at each of them.
func allBase62(s string) bool {
	var seen uint8
	for i := range len(s) {
		seen |= digits[s[i]]
	}
	return seen&notBase62 == 0
}

// prefixSum is the checksum of what all tokens begin with.
var prefixSum = crc32.ChecksumIEEE([]byte(TokenPrefix))

// checksum returns the CRC-32 of s, which begins as tokens do.
func checksum(s string) uint32 {
	s = s[len(TokenPrefix):]
	// The string's bytes as they are: a copy would go to the heap, and the
	// checksum only reads.
	return crc32.Update(prefixSum, crc32.IEEETable, unsafe.Slice(unsafe.StringData(s), len(s))) //nolint:gosec // G103, see above
}

// putChecksum writes n as six base62 digits, the highest first.
func putChecksum(b []byte, n uint32) {
	for i := checksumLength - 1; i >= 0; i-- {
		b[i] = base62[n%62]
		n /= 62
	}
}

// isChecksum reports whether s is what putChecksum writes of n.
func isChecksum(s string, n uint32) bool {
	var value uint64
	for i := range checksumLength {
		d := digits[s[i]]
		if d == notBase62 {
			return false
		}
		value = value*62 + uint64(d)
	}
	return value == uint64(n)
}

// fillRandom fills b with base62 characters, each as likely as any other:
// bytes from 248 = 4×62 up are thrown away.
func fillRandom(b []byte) {
	var pool [64]byte
	used := len(pool)
	for i := 0; i < len(b); {
		if used == len(pool) {
			_, _ = rand.Read(pool[:]) // never fails since Go 1.24
			used = 0
		}
		if c := pool[used]; c < 248 {
			b[i] = base62[c%62]
			i++
		}
		used++
	}
}
