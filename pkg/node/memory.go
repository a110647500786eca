package node

import (
	"os"
	"sync"
)

// heapFloor is memory that is never touched, and so takes none. The collector
// counts it all the same: with few keys the heap is so small that it would run
// every few hundred requests.
var heapFloor []byte //nolint:unused // it is there to be counted

const (
	heapFloorBytes = 32 << 20
	manyKeys       = 100_000 // with which the heap is large enough by itself
)

// raiseHeapFloor makes the heap's smallest size larger, unless the environment
// says how the collector is to run.
var raiseHeapFloor = sync.OnceFunc(func() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		heapFloor = make([]byte, heapFloorBytes)
	}
})
