package orphan

import (
	"sync/atomic"
	"testing"
	"time"
)

func TestSpeaksOnlyWhenTheParentChanged(t *testing.T) {
	var parent atomic.Int64
	parent.Store(42)
	gone := make(chan struct{})
	go watch(func() int { return int(parent.Load()) }, time.Millisecond, func() { close(gone) })

	select {
	case <-gone:
		t.Fatal("said that a living parent is gone")
	case <-time.After(50 * time.Millisecond):
	}
	parent.Store(1) // what the kernel gives an orphan
	select {
	case <-gone:
	case <-time.After(5 * time.Second):
		t.Fatal("did not notice that the parent is gone")
	}
}
