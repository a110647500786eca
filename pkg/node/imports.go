package node

import (
	"context"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/origin"
)

// databases reads databases that somebody uploaded.
type databases struct{}

// Systems are those whose databases are known.
func (databases) Systems() []string { return origin.Systems() }

// Read returns the keys in a database.
func (databases) Read(
	ctx context.Context, system, file string, orgID int64, at *time.Location, most int,
) ([]apikey.ForeignKey, error) {
	return origin.Read(ctx, system, file, origin.Options{OrgID: orgID, Location: at, Most: most})
}
