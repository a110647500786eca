package pools_test

import (
	"testing"

	"github.com/ostiary/ostiary/desktop/ui/pools"
	"github.com/ostiary/ostiary/desktop/ui/uitest"
	"github.com/ostiary/ostiary/pkg/api"
)

// open opens the page.
func open(w *uitest.Opened) *pools.Page {
	w.GoTo("pools")
	return w.At.(*pools.Page)
}

// scenes lead to every dialog about pools.
func scenes() []uitest.Scene {
	edge := api.Pool{Name: "edge", Keys: api.PoolKeys{Active: 1, Disabled: 1, Revoked: 3}}
	return []uitest.Scene{
		{Name: "pools", Arrive: func(w *uitest.Opened) { open(w) }},
		{Name: "create a pool", Arrive: func(w *uitest.Opened) { open(w).Create() }},
		{Name: "rotate a pool", Arrive: func(w *uitest.Opened) { open(w).Rotate(edge) }},
		{Name: "revoke a pool", Arrive: func(w *uitest.Opened) { open(w).Revoke(edge) }},
		{Name: "remove a pool", Arrive: func(w *uitest.Opened) { open(w).Remove(edge) }},
		{Name: "remove an empty pool", Arrive: func(w *uitest.Opened) { open(w).Remove(api.Pool{Name: "kern"}) }},
	}
}

func TestEveryDialog(t *testing.T) { uitest.VisitEvery(t, scenes()) }

func TestLooks(t *testing.T) { uitest.HoldLooks(t, uitest.NewStillLife, scenes()[:1]) }
