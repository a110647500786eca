package trail

import (
	"context"
	"encoding/json"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Kind is what a target of the trail is.
type Kind string

// The kinds of targets.
const (
	File   Kind = "file"   // of JSON lines
	Syslog Kind = "syslog" // RFC 5424, over tcp, tls or udp
	OTLP   Kind = "otlp"   // logs of OpenTelemetry, over HTTP
)

// Target is where the trail is delivered, as it is configured.
type Target struct {
	Kind    Kind
	Address string // of a file its path

	CAFile            string // whom to trust besides the system's authorities; syslog over tls, and OTLP over https
	CertFile, KeyFile string // the client's own certificate; the same
	Authorization     string // the value of the header; OTLP
}

// Name is what the store, messages and metrics call a target. It holds no secret.
func (t Target) Name() string { return string(t.Kind) + ":" + t.Address }

// Config is what is configured about the trail.
type Config struct {
	Keep time.Duration // how long entries stay; 0 = for ever
	To   []Target
}

// sink takes entries to a target. It is used by one goroutine.
type sink interface {
	// take gives entries, in their order, to the target. With nil the target has them all. After an error it may have
	// some of them, and gets them again.
	take(ctx context.Context, entries []apikey.TrailEntry) error

	// reopen begins again with what was opened, as after a rotation of logs.
	reopen()

	close()
}

func (t Target) open() sink {
	switch t.Kind {
	case Syslog:
		return &syslogSink{target: t}
	case OTLP:
		return &otlpSink{target: t}
	default:
		return &fileSink{name: t.Address}
	}
}

// Check says why a target can never be delivered to; what may come right by itself is no reason.
func (t Target) Check() error {
	if t.Kind == File {
		return nil
	}
	_, err := t.tls()
	return err
}

// line is an entry as targets get it: as in the API, with the organization, and what ties it to the others.
type line struct {
	Number  int64         `json:"number"`
	Hash    string        `json:"hash"`
	OrgID   int64         `json:"orgId"` // 0 = about the trail and the store themselves
	At      time.Time     `json:"at"`
	Actor   string        `json:"actor"`
	From    string        `json:"from"`
	Action  apikey.Action `json:"action"`
	KeyID   string        `json:"keyId"`
	KeyName string        `json:"keyName"`
	apikey.AuditData
}

// text is an entry as a line of JSON, without its end.
func text(e *apikey.TrailEntry) ([]byte, error) {
	l := line{Number: e.ID, Hash: e.Link.String(), OrgID: e.OrgID, At: e.At.UTC(), Actor: e.Actor, From: e.From,
		Action: e.Action, KeyID: e.KeyID, KeyName: e.KeyName, AuditData: e.AuditData}
	if l.Changes == nil {
		l.Changes = []apikey.FieldChange{}
	}
	return json.Marshal(l)
}
