//go:build !unix

package sqlite

// lockedByOther leaves it to SQLite: files that are open cannot be replaced here.
func lockedByOther(string) bool { return false }

// syncDir does nothing where directories cannot be synced.
func syncDir(string) error { return nil }

// ownAs does nothing where files belong to their directory's owner.
func ownAs(string, string) error { return nil }
