package api

import (
	"maps"
	"slices"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Codes lists the codes that the program knows.
func Codes() []apikey.Code { return slices.Collect(maps.Keys(outcomes)) }
