package upstreams

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Allowed are the hosts and blocks of addresses that may stand behind the gate. The zero Allowed is none.
type Allowed struct {
	entries []entry
}

// entry is a host or a block, with one port or all of them.
type entry struct {
	text  string       // as it was written
	host  string       // in lower case; empty = a block
	block netip.Prefix // of addresses
	port  uint16       // 0 = any
}

// Form says how an entry is written.
const Form = "write a host or a block of addresses, and a port if need be, such as loki.internal:3100, 10.1.0.0/16 " +
	"or [fd00::/8]:3100"

// Parse reads one entry after the other. The error is about the first that is none.
func Parse(list []string) (a Allowed, err error) {
	for _, text := range list {
		e, err := parseEntry(text)
		if err != nil {
			return Allowed{}, fmt.Errorf("%q %w; %s", text, err, Form)
		}
		a.entries = append(a.entries, e)
	}
	return a, nil
}

func parseEntry(text string) (entry, error) {
	e := entry{text: text}
	name, port, err := cutPort(text)
	if err != nil {
		return e, err
	}
	e.port = port
	if strings.Contains(name, "/") {
		block, err := netip.ParsePrefix(name)
		switch {
		case err != nil:
			return e, errors.New("is not a block of addresses")
		case block.Addr().Is4In6():
			return e, errors.New("is a block of IPv4 addresses in the form of IPv6; write it as IPv4")
		case block != block.Masked():
			return e, fmt.Errorf("has bits behind its prefix; the block is %s", block.Masked())
		}
		e.block = block
		return e, nil
	}
	if addr, err := netip.ParseAddr(name); err == nil {
		addr = addr.Unmap().WithZone("")
		e.block = netip.PrefixFrom(addr, addr.BitLen())
		return e, nil
	}
	if err := checkHost(name); err != nil {
		return e, err
	}
	e.host = normalHost(name)
	return e, nil
}

// cutPort parts a port from what is before it. IPv6 has brackets where there is one.
func cutPort(text string) (name string, port uint16, err error) {
	name, number := text, ""
	switch end := strings.LastIndexByte(text, ']'); {
	case strings.HasPrefix(text, "["):
		if end < 0 {
			return "", 0, errors.New("has a bracket that does not end")
		}
		name, number = text[1:end], text[end+1:]
		if number != "" && number[0] != ':' {
			return "", 0, errors.New("goes on behind its bracket")
		}
		number = strings.TrimPrefix(number, ":")
		if text[end+1:] == ":" {
			return "", 0, errors.New("ends with a colon, but has no port")
		}
	case strings.Count(text, ":") == 1:
		name, number, _ = strings.Cut(text, ":")
		if number == "" {
			return "", 0, errors.New("ends with a colon, but has no port")
		}
	}
	if number == "" {
		return name, 0, nil
	}
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil || n == 0 || number[0] == '+' {
		return "", 0, fmt.Errorf("has the port %q; there are ports from 1 to 65535", number)
	}
	return name, uint16(n), nil
}

// normalHost is the form in which hosts are compared.
func normalHost(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// checkHost says what is wrong with the name of a host. What ends in a number is none: some would read it as an address
// of IPv4, such as 2130706433, 0x7f.1 or 127.1, and others not.
func checkHost(host string) error {
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	for _, label := range labels {
		switch {
		case label == "":
			return errors.New("is not the name of a host: a part of it is empty")
		case len(label) > 63 || len(host) > 253:
			return errors.New("is not the name of a host: it is too long")
		case strings.ContainsFunc(label, isNoHostLetter):
			return errors.New("is not the name of a host: it may hold letters of ASCII, digits, - and _; " +
				"write other names as xn--…")
		case label[0] == '-' || label[len(label)-1] == '-':
			return errors.New("is not the name of a host: a part of it begins or ends with a hyphen")
		}
	}
	if last := labels[len(labels)-1]; isNumber(last) {
		return errors.New("is neither the name of a host nor an address; write an address in its usual form, such as 127.0.0.1")
	}
	return nil
}

func isNoHostLetter(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_'
}

// isNumber reports whether some readers take a label for a number: in decimal, octal or hexadecimal.
func isNumber(label string) bool {
	if hex, ok := strings.CutPrefix(strings.ToLower(label), "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

// IsEmpty reports whether nothing may stand behind the gate.
func (a Allowed) IsEmpty() bool { return len(a.entries) == 0 }

// Equal reports whether both allow the same, in the same words.
func (a Allowed) Equal(other Allowed) bool { return slices.Equal(a.entries, other.entries) }

// List returns the entries as they were written; never nil.
func (a Allowed) List() []string {
	list := make([]string, 0, len(a.entries))
	for _, e := range a.entries {
		list = append(list, e.text)
	}
	return list
}

// String lists the entries.
func (a Allowed) String() string {
	if a.IsEmpty() {
		return "none"
	}
	return strings.Join(a.List(), ", ")
}

// Check says why an address could never stand behind the gate, before any name in it is resolved.
func (a Allowed) Check(u *url.URL) error {
	host, port, err := hostPort(u)
	if err != nil {
		return err
	}
	if a.IsEmpty() {
		return errors.New("cannot be there: gate.upstreams is empty, so that nothing may stand behind the gate but what " +
			"the configuration file says; ask whoever runs the server to list its host or address there")
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return a.Permits(host, netip.AddrPortFrom(addr, port))
	}
	if err := checkHost(host); err != nil {
		return err
	}
	mayResolve := func(e entry) bool { return e.host == "" && (e.port == 0 || e.port == port) }
	if a.lists(host, port) || slices.ContainsFunc(a.entries, mayResolve) {
		return nil
	}
	return a.outside(host, port)
}

// hostPort takes the host and the port out of an address.
func hostPort(u *url.URL) (host string, port uint16, err error) {
	number := u.Port()
	if number == "" {
		number = map[string]string{"http": "80", "h2c": "80", "https": "443"}[u.Scheme]
	}
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil || n == 0 || u.Hostname() == "" {
		return "", 0, errors.New("must be an address such as http://loki.internal:3100, with https for TLS")
	}
	return u.Hostname(), uint16(n), nil
}

func (a Allowed) outside(host string, port uint16) error {
	return fmt.Errorf("%s is not within gate.upstreams, which are %s; use one of these, or ask whoever runs the server to "+
		"list it", net.JoinHostPort(host, strconv.Itoa(int(port))), a)
}

// lists reports whether a host is listed by its name.
func (a Allowed) lists(host string, port uint16) bool {
	host = normalHost(host)
	return slices.ContainsFunc(a.entries, func(e entry) bool {
		return e.host != "" && e.host == host && (e.port == 0 || e.port == port)
	})
}

// Permits says why the gate may not connect to an address, to which the name of a host was resolved, or which stands
// for itself. A name that is listed may lead to every address but the special ones, which have to be listed themselves.
func (a Allowed) Permits(host string, at netip.AddrPort) error {
	addr := at.Addr().Unmap().WithZone("")
	special := rangeOf(addr)
	for _, e := range a.entries {
		switch {
		case e.port != 0 && e.port != at.Port():
		case e.host != "" && e.host == normalHost(host) && (special == nil || e.host == localhost && addr.IsLoopback()):
			return nil
		case e.host == "" && e.block.Contains(addr) && special.isListedBy(e.block):
			return nil
		}
	}
	if special != nil {
		return fmt.Errorf("%s is %s, which counts only where gate.upstreams lists it explicitly; they are %s", addr,
			special.what, a)
	}
	return a.outside(addr.String(), at.Port())
}

// localhost is the one name that stands for the machine itself.
const localhost = "localhost"
