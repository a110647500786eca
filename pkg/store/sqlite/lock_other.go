//go:build !unix

package sqlite

import "os"

// lockedByOther leaves it to SQLite: files that are open cannot be replaced here.
func lockedByOther(string) bool { return false }

// mayWrite leaves it to the system.
func mayWrite(string) bool { return true }

// locksTell says that lockWhole tells nothing here.
const locksTell = false

// lockWhole leaves it to the system: files that are open cannot be removed here.
func lockWhole(*os.File) bool { return true }

// syncDir does nothing where directories cannot be synced.
func syncDir(string) error { return nil }

// ownAs does nothing where files belong to their directory's owner.
func ownAs(string, string) error { return nil }
