package apikey

import "time"

// MaxPoolNameLength is how many characters the name of an agent pool may have.
const MaxPoolNameLength = 255

// Pool is a named set of keys for agents that belong together. Its keys are
// listed, rotated and revoked apart from all others, and an endpoint may take
// only them.
type Pool struct {
	OrgID       int64
	Name        string // unique in the organization
	Description string
	CreatedAt   time.Time
	CreatedBy   string // login of the person or name of the key that made it
	Keys        map[State]int64
}
