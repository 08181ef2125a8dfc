package local

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLoggingDecidesWhatIsShownWhileTheCommandRuns(t *testing.T) {
	for logging, want := range map[Logging][]string{
		"":        {"out", "half", "err"},
		LogBoth:   {"out", "half", "err"},
		LogStdout: {"out", "half"},
		LogStderr: {"err"},
		LogNone:   nil,
	} {
		var shown []string
		state := State{}
		if logging != "" {
			state.Logging = &logging
		}
		// One stream after the other, so that their order is certain; the last line of stdout has no end.
		said, err := execute(context.Background(), state.job("echo out; printf half; exec 1>&-; sleep 0.1; echo err >&2", func(line string) {
			shown = append(shown, line)
		}))
		require.NoError(t, err)
		assert.ElementsMatch(t, want, shown, "with logging %q", logging)
		assert.Equal(t, "out\nhalf", said.stdout, "what is kept does not depend on what is shown")
		assert.Equal(t, "err", said.stderr)
	}
}
