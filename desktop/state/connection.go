package state

import (
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/client"
)

// Way is how a connection proves who calls.
type Way string

// The ways in.
const (
	WayKey      Way = "ostiary-key"      // an Ostiary key with the role Admin
	WayToken    Way = "grafana-token"    // a service-account token of Grafana
	WayPassword Way = "grafana-password" // login and password of a Grafana user
	WayLocal    Way = "local"            // the store on this computer; no secret
)

// Ways lists the ways into a server.
func Ways() []Way { return []Way{WayKey, WayToken, WayPassword} }

// Trust is how a connection judges the server's certificate.
type Trust string

// The kinds of trust. There is none that takes any certificate.
const (
	TrustSystem Trust = "system" // the system's authorities
	TrustFile   Trust = "file"   // those of a file as well
	TrustPin    Trust = "pin"    // one certificate, by its fingerprint
)

// Connection says how to reach one server. Its secret is kept elsewhere, under
// its ID.
type Connection struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Address     string `json:"address"`
	Way         Way    `json:"way"`
	User        string `json:"user,omitempty"` // with WayPassword
	Trust       Trust  `json:"trust"`
	CAFile      string `json:"caFile,omitempty"`      // with TrustFile
	Fingerprint string `json:"fingerprint,omitempty"` // with TrustPin: SHA-256, lower-case hexadecimal
	Opened      bool   `json:"opened,omitempty"`      // it was open once: the server was trusted then

	Organization  int64          `json:"organization,omitempty"`  // of Grafana, with WayPassword; 0 = the one chosen there
	Organizations []Organization `json:"organizations,omitempty"` // that it reaches, as far as that is known
}

// LocalID is the ID of the connection to the store on this computer.
const LocalID = "local"

// Local is the connection to the store on this computer.
func Local() Connection { return Connection{ID: LocalID, Way: WayLocal} }

// NewConnection returns an empty connection with a fresh ID.
func NewConnection() Connection {
	id := make([]byte, 8)
	_, _ = rand.Read(id) // never fails
	return Connection{ID: hex.EncodeToString(id), Way: WayKey, Trust: TrustSystem}
}

// Field names a field of a form, for what is wrong with it.
type Field string

// The fields of a connection.
const (
	FieldConnectionName Field = "name"
	FieldAddress        Field = "address"
	FieldUser           Field = "user"
	FieldSecret         Field = "secret"
	FieldCAFile         Field = "caFile"
	FieldFingerprint    Field = "fingerprint"
)

// Fault says what is wrong with a field.
type Fault string

// The faults.
const (
	FaultMissing Fault = "missing"
	FaultTaken   Fault = "taken"   // another one has that name
	FaultAddress Fault = "address" // not an address of a server
	FaultUser    Fault = "user"    // a login cannot hold a colon
	FaultNotYet  Fault = "not-yet" // nothing was looked at and trusted yet
)

// Check says what is wrong with the connection's fields, given the other
// connections.
func (c Connection) Check(others []Connection) map[Field]Fault {
	wrong := map[Field]Fault{}
	if strings.TrimSpace(c.Name) == "" {
		wrong[FieldConnectionName] = FaultMissing
	}
	if slices.ContainsFunc(others, func(o Connection) bool {
		return o.ID != c.ID && strings.EqualFold(strings.TrimSpace(o.Name), strings.TrimSpace(c.Name))
	}) {
		wrong[FieldConnectionName] = FaultTaken
	}
	if strings.TrimSpace(c.Address) == "" {
		wrong[FieldAddress] = FaultMissing
	} else if !c.addressFits() {
		wrong[FieldAddress] = FaultAddress
	}
	if c.Way == WayPassword {
		switch {
		case c.User == "":
			wrong[FieldUser] = FaultMissing
		case strings.Contains(c.User, ":"):
			wrong[FieldUser] = FaultUser
		}
	}
	if c.Encrypted() && c.Trust == TrustFile && strings.TrimSpace(c.CAFile) == "" {
		wrong[FieldCAFile] = FaultMissing
	}
	if c.Encrypted() && c.Trust == TrustPin && c.Fingerprint == "" {
		wrong[FieldFingerprint] = FaultNotYet
	}
	return wrong
}

func (c Connection) parsed() *url.URL {
	u, err := url.Parse(strings.TrimSpace(c.Address))
	if err != nil {
		return &url.URL{}
	}
	return u
}

func (c Connection) addressFits() bool {
	u := c.parsed()
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" &&
		u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// CompleteAddress puts the scheme in front of an address that was typed without: https, and http for this machine,
// where servers are tried out.
func CompleteAddress(typed string) string {
	typed = strings.TrimSpace(typed)
	if typed == "" || strings.Contains(typed, "://") {
		return typed
	}
	if client.OnThisMachine("http://" + typed) {
		return "http://" + typed
	}
	return "https://" + typed
}

// Encrypted reports whether the address asks for TLS.
func (c Connection) Encrypted() bool { return c.parsed().Scheme == "https" }

// Exposed reports whether the secret would cross a network in the clear, of
// which a person must know.
func (c Connection) Exposed() bool {
	return c.addressFits() && client.Exposed(c.Address)
}

// NeedsSecret reports whether the way in takes one.
func (c Connection) NeedsSecret() bool { return c.Way != WayLocal }

// Host is the address without scheme, for a narrow place.
func (c Connection) Host() string {
	u := c.parsed()
	return strings.TrimSuffix(u.Host+u.Path, "/")
}
