package cli

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// byteLimits are the limits that count bytes.
var byteLimits = []string{"bytesPerSecond", "bytesPerDay"}

// limitsOf reads limits such as requestsPerSecond=50; those of bytes may have units, as bytesPerSecond=5MB.
func limitsOf(words []string) (apikey.Limits, error) {
	var plain []string
	for part := range strings.SplitSeq(strings.Join(words, ","), ",") {
		name, size, _ := strings.Cut(part, "=")
		if name = strings.TrimSpace(name); slices.Contains(byteLimits, name) {
			bytes, err := bytesOf(name, strings.TrimSpace(size))
			if err != nil {
				return apikey.Limits{}, err
			}
			part = name + "=" + bytes
		}
		plain = append(plain, part)
	}
	return apikey.ParseLimits(strings.Join(plain, ","))
}

// bytesOf writes a size, such as 5MB, 5MiB or 5000000, as a number of bytes.
func bytesOf(name, size string) (string, error) {
	if _, err := strconv.ParseInt(size, 10, 64); err == nil {
		return size, nil
	}
	n, err := humanize.ParseBytes(size)
	if err != nil || n == 0 || n > math.MaxInt64 {
		return "", usageError("%q is not a number of bytes; write %s=5000000, 5MB or 5MiB", size, name)
	}
	return strconv.FormatUint(n, 10), nil
}
