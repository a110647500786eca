package state

import (
	"context"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/client"
)

// FirstSteps is how far somebody has come who begins.
type FirstSteps struct {
	Endpoint bool // there is one
	InFile   bool // they are named in the server's configuration file alone
	Pushes   bool // an agent's key was let in and served
	Reads    bool // a viewer's was
}

// AreOver reports whether nothing is left to do.
func (f FirstSteps) AreOver() bool { return f.Endpoint && f.Pushes && f.Reads }

// FirstSteps asks the server how far somebody has come.
func (s *Session) FirstSteps(ctx context.Context) (f FirstSteps, err error) {
	list, err := s.Gate(ctx)
	if err != nil {
		return f, err
	}
	f.Endpoint, f.InFile = len(list.Endpoints) > 0, !list.InStore
	if f.Pushes, err = s.serves(ctx, apikey.RoleAgent); err == nil {
		f.Reads, err = s.serves(ctx, apikey.RoleViewer)
	}
	return f, err
}

// serves reports whether the key of a role that was used last was let in, and the program behind the gate did what it
// was asked.
func (s *Session) serves(ctx context.Context, role apikey.Role) (bool, error) {
	list, err := s.client.Keys(ctx,
		client.KeyQuery{Role: role.String(), State: string(apikey.StateActive), Sort: "-lastUsedAt", Limit: 1})
	if err != nil || len(list.Keys) == 0 || list.Keys[0].LastUsedAt == nil {
		return false, err
	}
	clients, err := s.Clients(ctx, list.Keys[0].ID)
	if err != nil {
		return false, err
	}
	return First{At: *list.Keys[0].LastUsedAt, Client: letIn(clients, "")}.Served(), nil
}
