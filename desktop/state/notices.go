package state

import (
	"context"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/client"
)

// Notices returns a page of what people were told, or are yet to be told, the newest first. A state of pending,
// delivered or failed leaves the others out.
func (s *Session) Notices(ctx context.Context, state, cursor string, limit int) (*api.NoticeList, error) {
	return s.client.Notices(ctx, client.NoticeQuery{State: state, Cursor: cursor, Limit: limit})
}

// RetryNotice has a notice sent again.
func (s *Session) RetryNotice(ctx context.Context, id string) (*api.Notice, error) {
	return s.client.RetryNotice(ctx, id)
}

// TestNotices sends a notice through every channel, and returns how each of them went.
func (s *Session) TestNotices(ctx context.Context) ([]api.Notice, error) {
	list, err := s.client.TestNotices(ctx)
	if err != nil {
		return nil, err
	}
	return list.Notices, nil
}
