package node

import (
	"context"
	"time"
)

// tellFitness logs when the gate closes because nothing can be decided any
// more, and when it opens again.
func (n *Node) tellFitness(ctx context.Context) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	open := true
	for {
		why := n.replica.Unfit()
		switch {
		case why != "" && open:
			n.logger.Error("the gate is closed; every request is answered with 503", "reason", why, "max_staleness",
				n.cfg.MaxStaleness)
		case why == "" && !open:
			n.logger.Info("the gate is open again")
		}
		open = why == ""
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
