package sqlkeys

import (
	"context"
	"net/netip"
	"slices"
)

// MostNamed is how many keys that an address may use are named one by one in a query.
const MostNamed = 10_000

// AddressWord reads a word of a search as an address, which is a block of one, or as a block of addresses.
func AddressWord(text string) (block netip.Prefix, ok bool) {
	block, err := netip.ParsePrefix(text)
	if err != nil {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return netip.Prefix{}, false
		}
		block = netip.PrefixFrom(addr.WithZone(""), addr.BitLen())
	}
	if a := block.Addr(); a.Is4In6() { // as blocks of keys are kept
		if block.Bits() < 96 {
			return netip.Prefix{}, false
		}
		block = netip.PrefixFrom(a.Unmap(), block.Bits()-96)
	}
	return block.Masked(), true
}

// Overlapping returns those values of the column allowed_cidrs that have a block in or around the given one. Lists is a
// statement for all values, each once.
func Overlapping(
	ctx context.Context, q Querier, block netip.Prefix, lists string, args ...any,
) (found []string, err error) {
	all, err := Collect(ctx, q, scanText, lists, args...)
	if err != nil {
		return nil, err
	}
	for _, text := range all {
		blocks, err := splitCIDRs(text)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(blocks, block.Overlaps) {
			found = append(found, text)
		}
	}
	return found, nil
}

func scanText(r Row) (text string, err error) {
	err = r.Scan(&text)
	return text, err
}
