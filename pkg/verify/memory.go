package verify

import (
	"os"
	"runtime/debug"
	"sync"
)

// heapFloor is memory that is never touched, and so takes none. The collector
// counts it all the same: with few keys the heap is so small that it would run
// every few hundred requests.
var heapFloor []byte //nolint:unused // it is there to be counted

const (
	heapFloorBytes = 32 << 20
	manyKeys       = 100_000 // with which the heap is large enough by itself
	garbageBytes   = 200 << 20
	keyBytes       = 160
)

// TuneCollector makes the garbage collector of this process fit a replica that
// holds so many keys.
//
// Many keys live long, and letting the garbage grow as large as they are would
// double the process. They hold no pointers, so a collector that runs more
// often has little to do. With few keys it runs more seldom, unless the
// environment says how it is to run.
func TuneCollector(keys int) {
	if keys > manyKeys {
		debug.SetGCPercent(min(100, max(10, 100*garbageBytes/(keys*keyBytes))))
		debug.FreeOSMemory()
		return
	}
	raiseHeapFloor()
}

var raiseHeapFloor = sync.OnceFunc(func() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		heapFloor = make([]byte, heapFloorBytes)
	}
})
