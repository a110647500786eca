package main

import (
	"bytes"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheHelpNamesTheValues(t *testing.T) {
	config, data := "/home/me/.config/ostiary-desktop", "/home/me/.local/share/ostiary-desktop"
	flags, gate := newFlags(&config, &data)
	var help bytes.Buffer
	flags.SetOutput(&help)
	flags.Usage()
	lines := regexp.MustCompile(`(?m)^ {2}-\S+.*$`).FindAllString(help.String(), -1)
	require.Equal(t, []string{"  -config-dir DIR", "  -data-dir DIR", "  -gate ADDRESS"}, lines)
	require.NoError(t, flags.Parse([]string{"--data-dir", "elsewhere", "--gate", ":1"}))
	require.Equal(t, "elsewhere", data)
	require.Equal(t, ":1", *gate)
}
