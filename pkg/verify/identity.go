package verify

import (
	"unsafe"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Identity is who a key is, for those who let it in.
//
// It holds no pointer, so that the garbage collector has nothing to do with
// millions of them: the name is part of it, unless it is a long one.
type Identity struct {
	ID     apikey.ID
	Role   apikey.Role
	length uint16 // of the name, in bytes
	OrgID  int64
	name   [shortName]byte
}

// shortName is the length of a name that makes an Identity a cache line.
const shortName = 40

// longIdentity is what an Identity with a long name is the beginning of.
type longIdentity struct {
	Identity
	name string
}

// NewIdentity returns the identity of a key.
func NewIdentity(id apikey.ID, role apikey.Role, orgID int64, name string) *Identity {
	k := new(longIdentity)
	k.fill(id, role, orgID, name)
	return &k.Identity
}

// fill sets all of k. If the name is a long one, k must be the beginning of a
// longIdentity.
func (k *Identity) fill(id apikey.ID, role apikey.Role, orgID int64, name string) {
	k.ID, k.Role, k.OrgID, k.length = id, role, orgID, uint16(len(name)) //nolint:gosec // see apikey.MaxNameLength
	if k.isLong() {
		k.long().name = name
	} else {
		copy(k.name[:], name)
	}
}

// Name returns the key's name.
func (k *Identity) Name() string {
	if k.isLong() {
		return k.long().name
	}
	return unsafe.String(&k.name[0], k.length) //nolint:gosec // G103: an Identity is never changed
}

func (k *Identity) isLong() bool { return k.length > shortName }

func (k *Identity) long() *longIdentity { return (*longIdentity)(unsafe.Pointer(k)) } //nolint:gosec // G103: see fill
