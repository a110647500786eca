package apikey

import "time"

// Several servers on one store share the limits of a key: each says what it let in and what its clients ask for, and
// takes the part of the limits that follows from what all say.

// LimitUse is what one server says about a key's limits.
type LimitUse struct {
	KeyID ID
	Scope string // the endpoint whose limits they are; empty = the key's own, which count everywhere
	Day   Day
	Count LimitCount // what the server let in on the day, since it was started
	Wants LimitWants // what clients ask of it now; zero = nothing
}

// IsEmpty reports whether it says nothing.
func (u *LimitUse) IsEmpty() bool { return u.Count == LimitCount{} && u.Wants == LimitWants{} }

// LimitCount is what was let in on a day.
type LimitCount struct{ Requests, Bytes int64 }

// Add adds to the counts.
func (c *LimitCount) Add(more LimitCount) {
	c.Requests += more.Requests
	c.Bytes += more.Bytes
}

// LimitWants is what clients ask for, whether or not they get it.
type LimitWants struct {
	Requests int64 // a thousand seconds
	Bytes    int64 // a thousand seconds
	Running  int64 // at the same time
}

// LimitShare is what the other servers say about the limits of a LimitUse.
type LimitShare struct {
	Count LimitCount    // what they let in on its day, together with servers that are gone
	Wants []ServerWants // of those that were heard of in the last WantsLife
}

// ServerWants is what clients ask of one server.
type ServerWants struct {
	Server string
	LimitWants
}

// LimitReport is what one server says to the others.
type LimitReport struct {
	Server   string // its name, which no other has and no earlier one had
	Known    bool   // it has reported before
	Announce bool   // that it is there is to be noted, also if it has nothing to say
	Uses     []LimitUse
}

// SharedLimits is what a server learns when it reports.
type SharedLimits struct {
	Servers   int          // that there are, this one included
	Shares    []LimitShare // of each LimitUse, in their order
	Forgotten bool         // the server was taken for gone: nothing was kept, and it must go on under another name
}

// How long a server is remembered that is not heard of.
const (
	WantsLife    = 5 * time.Second  // what its clients want
	ServerLife   = 45 * time.Second // that it shares limits
	ServerMemory = 10 * time.Minute // its name; then what it let in on the day is kept under none
)
