// Package orphan tells a plugin that its engine is gone.
//
// An engine ended by `kill -9` cannot tell its plugins to stop. Left alone, what they had begun would go on changing things beside the next
// run; the plugin framework itself notices only minutes later.
package orphan

import (
	"os"
	"time"
)

// Every is how often a plugin looks for its parent.
const Every = 200 * time.Millisecond

// Watch calls gone, once, when the process that started this one has died. It returns at once and watches for as long as the process lives.
func Watch(gone func()) {
	go watch(os.Getppid, Every, gone)
}

func watch(parent func() int, every time.Duration, gone func()) {
	for started := parent(); parent() == started; {
		time.Sleep(every)
	}
	gone()
}
