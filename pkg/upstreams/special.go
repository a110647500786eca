package upstreams

import "net/netip"

// special is a range of addresses that lead to the machine itself, to its cloud, or to nobody in particular. Nobody
// means them who lists a block that has them among others.
type special struct {
	block netip.Prefix
	what  string
}

var specials = func() (all []special) {
	for _, s := range []struct{ block, what string }{
		{"0.0.0.0/8", "no address of its own, and often the machine itself"},
		{"127.0.0.0/8", "the machine itself"},
		{"169.254.0.0/16", "a link-local address, as services of metadata have it"},
		{"100.100.100.200/32", "a service of metadata"},
		{"168.63.129.16/32", "a service of metadata"},
		{"192.0.0.0/24", "an address for protocols, as services of metadata have it"},
		{"224.0.0.0/4", "an address of many"},
		{"240.0.0.0/4", "an address that is reserved"},
		{"::/96", "no address of its own, or the machine itself"},
		{"::ffff:0:0:0/96", "an address of IPv4 in the form of IPv6"},
		{"64:ff9b::/96", "an address of IPv4 behind a translator"},
		{"64:ff9b:1::/48", "an address of IPv4 behind a translator"},
		{"2001::/32", "an address of IPv4 behind a tunnel"},
		{"2002::/16", "an address of IPv4 behind a tunnel"},
		{"fd00:ec2::254/128", "a service of metadata"},
		{"fd20:ce::254/128", "a service of metadata"},
		{"fe80::/10", "a link-local address"},
		{"fec0::/10", "an address of a site"},
		{"ff00::/8", "an address of many"},
	} {
		all = append(all, special{netip.MustParsePrefix(s.block), s.what})
	}
	return all
}()

// rangeOf returns the special range that has an address; nil if none has.
func rangeOf(addr netip.Addr) *special {
	for i := range specials {
		if specials[i].block.Contains(addr) {
			return &specials[i]
		}
	}
	if !addr.IsValid() {
		return &special{what: "no address"}
	}
	return nil
}

// isListedBy reports whether who lists a block means the addresses of the range; nil is the range of all others.
func (s *special) isListedBy(block netip.Prefix) bool {
	return s == nil || s.block.Addr().BitLen() == block.Addr().BitLen() && block.Bits() >= s.block.Bits() &&
		s.block.Contains(block.Addr())
}
