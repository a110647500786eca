package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ostiary/ostiary/pkg/trail"
)

const (
	auditKeepKey = "audit.keep"
	auditToKey   = "audit.to"
)

// targetExamples say how targets of the trail are written.
const targetExamples = `{file: audit.jsonl}, {syslog: "tcp://127.0.0.1:6514"} or {otlp: "http://127.0.0.1:4318"}`

var targetFields = []string{"file", "syslog", "otlp", "ca_file", "cert_file", "key_file", "authorization_file"}

// audit reads what becomes of the audit trail. Where it is delivered only the file can say.
func (r *reader) audit() trail.Config {
	c := trail.Config{Keep: r.duration(auditKeepKey)}
	raw := r.k.Get(auditToKey)
	if raw == nil {
		return c
	}
	list, ok := raw.([]any)
	if !ok {
		r.wrong(auditToKey, "must be a list of targets, such as - %s", targetExamples)
		return c
	}
	for i, item := range list {
		key := fmt.Sprintf("%s[%d]", auditToKey, i)
		fields, ok := item.(map[string]any)
		if !ok {
			r.wrong(key, "must be a target, such as %s", targetExamples)
			continue
		}
		t := r.target(key, fields)
		if slices.ContainsFunc(
			c.To,
			func(other trail.Target) bool { return t.Address != "" && other.Name() == t.Name() },
		) {
			r.wrong(key, "is the same target as another; name each once")
		}
		c.To = append(c.To, t)
	}
	return c
}

// target reads where the trail is delivered.
func (r *reader) target(key string, fields map[string]any) (t trail.Target) {
	for name := range fields {
		if !slices.Contains(targetFields, name) {
			r.wrong(key+"."+name, "is not a field of a target; there are %s", strings.Join(targetFields, ", "))
		}
	}
	for _, kind := range []trail.Kind{trail.File, trail.Syslog, trail.OTLP} {
		if _, given := fields[string(kind)]; !given {
			continue
		}
		if t.Kind != "" {
			r.wrong(key+"."+string(kind), "cannot stand together with %s; make two targets of them", t.Kind)
			continue
		}
		t.Kind = kind
	}
	if t.Kind == "" {
		r.wrong(key, "does not say where to; write %s", targetExamples)
		return t
	}
	at := key + "." + string(t.Kind)
	address := r.field(key, fields, string(t.Kind))
	switch {
	case address == "":
		r.wrong(at, "is empty; write such as %s", targetExamples)
		return t
	case t.Kind == trail.File:
		t.Address = r.resolve(address, true)
		if full, err := filepath.Abs(t.Address); err == nil { // one name, from wherever the server is started
			t.Address = full
		}
	default:
		t.Address = r.targetAddress(at, t.Kind, address)
	}
	secure := strings.HasPrefix(t.Address, "tls://") || strings.HasPrefix(t.Address, "https://")
	t.CAFile = r.targetFile(key, fields, "ca_file", secure)
	t.CertFile, t.KeyFile = r.targetFile(
		key,
		fields,
		"cert_file",
		secure,
	), r.targetFile(
		key,
		fields,
		"key_file",
		secure,
	)
	if (t.CertFile == "") != (t.KeyFile == "") {
		r.wrong(key, "needs cert_file and key_file together, or neither")
	} else if secure {
		if err := t.Check(); err != nil {
			r.wrong(key, "%s", err)
		}
	}
	if fields["authorization_file"] != nil {
		if t.Kind != trail.OTLP {
			r.wrong(key+".authorization_file", "goes with otlp alone")
		}
		t.Authorization = r.secretFile(key, fields, "authorization_file", "the value of the header Authorization")
	}
	return t
}

// targetFile reads the name of a file that counts for a secure target alone.
func (r *reader) targetFile(key string, fields map[string]any, name string, secure bool) string {
	file := r.resolve(r.field(key, fields, name), true)
	if file != "" && !secure {
		r.wrong(key+"."+name, "counts over tls:// and https:// alone")
		return ""
	}
	return file
}

// targetSchemes are those that a target of a kind is reached by, with an example.
var targetSchemes = map[trail.Kind]struct {
	schemes []string
	example string
}{
	trail.Syslog: {[]string{"tcp", "tls", "udp"}, "tcp://127.0.0.1:6514"},
	trail.OTLP:   {[]string{"http", "https"}, "http://127.0.0.1:4318"},
}

// targetAddress reads where a target is reached.
func (r *reader) targetAddress(key string, kind trail.Kind, s string) string {
	is := targetSchemes[kind]
	u, err := url.Parse(s)
	switch {
	case err != nil || !slices.Contains(is.schemes, u.Scheme) || u.Hostname() == "":
		r.wrong(key, "is not an address such as %s; it begins with %s", is.example,
			strings.Join(is.schemes, "://, ")+"://")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		r.wrong(key, "must have no user, query or fragment")
	case kind == trail.Syslog && (u.Port() == "" || u.Path != ""):
		r.wrong(key, "must name a port and no path, such as %s", is.example)
	case u.Port() != "" && !validPort(u.Host):
		r.wrong(key, "has no port from 1 to 65535")
	default:
		return strings.TrimRight(s, "/")
	}
	return ""
}

func validPort(host string) bool {
	port := host[strings.LastIndexByte(host, ':')+1:]
	at, err := netip.ParseAddrPort("127.0.0.1:" + port)
	return err == nil && at.Port() > 0
}
