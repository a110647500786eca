package postgres_test

import (
	"context"
	"fmt"
	"os"

	"github.com/ostiary/ostiary/pkg/store/postgres"
)

// The variable names what the test's binary does as another process.
const actAs = "OSTIARY_POSTGRES_TEST_ACT_AS"

// parts are what another process can do with the store at an address.
var parts = map[string]func(ctx context.Context, s *postgres.Store, args []string) error{}

// act plays a part; the first argument is the store's address.
func act(part string, args []string) int {
	ctx := context.Background()
	address, err := postgres.ParseAddress(args[0])
	if err == nil {
		var s *postgres.Store
		if s, err = postgres.Open(ctx, address); err == nil {
			err = parts[part](ctx, s, args[1:])
			if closeErr := s.Close(); err == nil {
				err = closeErr
			}
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
