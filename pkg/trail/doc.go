// Package trail looks after the audit trail while a server runs: it logs where the trail ends, so that a cut shows;
// it delivers entries to the targets of audit.to; and it removes what is older than audit.keep.
package trail
