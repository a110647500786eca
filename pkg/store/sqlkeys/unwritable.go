package sqlkeys

import (
	"fmt"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Reasons for which a store cannot be written to, in the words that its callers
// may read. What it holds goes on being read.
const (
	DiskFull   = "The disk of the key store is full, so nothing can be changed. Free some space there; keys that are there go on working."
	DiskFailed = "The disk of the key store failed, so nothing could be changed. Look at the system's log there; keys that are there go on working."
	ReadOnly   = "The key store can only be read at the moment, so nothing can be changed. Let the server write to it; keys that are there go on working."
)

// Unwritable is the error of a store that could not be written to. What names
// the step that failed, for the log.
func Unwritable(why, what string, cause error) error {
	return &apikey.Error{Code: apikey.CodeUnavailable, Message: why, Cause: fmt.Errorf("%s: %w", what, cause),
		Unwritable: true}
}
