package verify

import (
	"sync/atomic"
	"unsafe"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Identity is who a key is, for those who let it in.
//
// It holds no pointer, so that the garbage collector has nothing to do with
// millions of them: the name is part of it, unless it is a long one. What most
// keys do not have comes behind it, if the key has any of it.
type Identity struct {
	ID     apikey.ID
	Role   apikey.Role
	width  width  // what follows on it
	length uint16 // of the name, in bytes
	OrgID  int64
	name   [shortName]byte
}

// width says what follows on an Identity, unless it is the rest of a long name.
type width uint8

const (
	narrow width = iota
	withTraits
	withLimits // among its traits
)

// shortName is the length of a name that makes an Identity a cache line.
const shortName = 40

// further is what follows on an Identity with a long name, or with traits.
type further struct {
	name   string // if it is a long one
	traits *traits
	meter  atomic.Pointer[meter] // of its limits, once they were asked
}

// wideIdentity is what an Identity with a long name, or with traits, is the beginning of.
type wideIdentity struct {
	Identity
	more further
}

// NewIdentity returns the identity of a key.
func NewIdentity(id apikey.ID, role apikey.Role, orgID int64, name string) *Identity {
	k := new(wideIdentity)
	k.fill(id, role, orgID, name, narrow)
	return &k.Identity
}

// fill sets all of k. If the name is a long one, or the key has traits, k must
// be the beginning of a wideIdentity.
func (k *Identity) fill(id apikey.ID, role apikey.Role, orgID int64, name string, width width) {
	k.ID, k.Role, k.OrgID, k.width, k.length = id, role, orgID, width, uint16(len(name)) //nolint:gosec // see apikey.MaxNameLength
	if k.isLong() {
		k.further().name = name
	} else {
		copy(k.name[:], name)
	}
}

// Name returns the key's name.
func (k *Identity) Name() string {
	if k.isLong() {
		return k.further().name
	}
	return unsafe.String(&k.name[0], k.length) //nolint:gosec // G103: an Identity is never changed
}

// Owner returns who answers for the key, or "".
func (k *Identity) Owner() string {
	if k.width == narrow {
		return ""
	}
	return k.further().traits.owner
}

// Labels returns the key's labels, which must not be changed.
func (k *Identity) Labels() map[string]string {
	if k.width == narrow {
		return nil
	}
	return k.further().traits.labels
}

// Tenants returns the tenants that the key may act for, sorted; they must not
// be changed.
func (k *Identity) Tenants() []string {
	if k.width == narrow {
		return nil
	}
	return k.further().traits.tenants
}

// Limits returns the key's limits.
func (k *Identity) Limits() apikey.Limits {
	if k.width != withLimits {
		return apikey.Limits{}
	}
	return k.further().traits.limits
}

func (k *Identity) isLong() bool { return k.length > shortName }

// further may be called for a long name, or traits.
func (k *Identity) further() *further { return &(*wideIdentity)(unsafe.Pointer(k)).more } //nolint:gosec // G103: see fill
