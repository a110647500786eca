package cli

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// TestHelpFitsATerminal reads the help of every command: it has examples, and but for these, and for words that cannot
// be broken, no line is wider than a terminal.
func TestHelpFitsATerminal(t *testing.T) {
	eachCommand(newRootCommand(&app{}), func(cmd *cobra.Command) {
		var out bytes.Buffer
		cmd.SetOut(&out)
		require.NoError(t, cmd.Help())
		require.NotEmpty(t, cmd.Example, cmd.CommandPath())
		for line := range strings.SplitSeq(strings.ReplaceAll(out.String(), cmd.Example, ""), "\n") {
			if line != "  "+cmd.UseLine() && strings.Contains(strings.TrimSpace(line), " ") &&
				!strings.Contains(line, "postgres://") {
				require.LessOrEqual(t, utf8.RuneCountInString(line), helpWidth, "%s: %s", cmd.CommandPath(), line)
			}
		}
	})
}

func eachCommand(cmd *cobra.Command, do func(*cobra.Command)) {
	do(cmd)
	for _, one := range cmd.Commands() {
		eachCommand(one, do)
	}
}

func TestLogLevelsAreCompleted(t *testing.T) {
	for _, flag := range []string{"--log.level", "--log.format"} {
		cmd, _ := program(t, "__complete", "serve", flag, "")
		out, err := cmd.Output()
		require.NoError(t, err)
		require.Contains(t, string(out), map[string]string{"--log.level": "warn\n", "--log.format": "json\n"}[flag])
	}
}
