package node

import (
	"context"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/origin"
	"github.com/ostiary/ostiary/pkg/verify"
)

// foreign lets the verifier know the tokens of keys that were taken over.
func (n *Node) foreign() *verify.Foreign {
	return &verify.Foreign{
		Parse: func(token string) (handle string, match func(hashes []string) int, ok bool) {
			t, ok := origin.Parse(token)
			return t.Handle, t.Match, ok
		},
		Handles: origin.Handles,
		Kind:    origin.Kind,
		Adopt:   func(ctx context.Context, a apikey.Adoption) error { return n.service.Adopt(ctx, a) },
		Logger:  n.logger,
	}
}
