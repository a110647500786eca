// Package again has a test that fails the first time, for the test of what runs tests again.
package again

import (
	"os"
	"testing"
)

func TestOfLuck(t *testing.T) {
	mark := os.Getenv("OSTIARY_AGAIN")
	if _, err := os.Stat(mark); err == nil {
		return
	}
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Error("not this time")
}

func TestOfFault(t *testing.T) {
	if os.Getenv("OSTIARY_AGAIN_FAULT") != "" {
		t.Error("never")
	}
}
