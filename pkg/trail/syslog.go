package trail

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
)

const (
	dialTime = 5 * time.Second
	ackTime  = 5 * time.Second // for the other machine to take what was written

	// unsureTime is how long before its end a connection may have taken entries that nobody has read: they are sent
	// again.
	unsureTime = 5 * time.Second
)

// syslogSink sends entries as messages of RFC 5424: over tcp and tls with their lengths before them (RFC 6587), over
// udp each by itself.
//
// Syslog does not answer. So an entry counts as taken once the other machine has confirmed its bytes; and when a
// connection ends soon after, what was sent last is sent again.
type syslogSink struct {
	target Target
	conn   net.Conn
	ended  atomic.Pointer[time.Time] // when the other side closed the connection
	last   []apikey.TrailEntry       // that were sent over it last
	sent   time.Time
}

func (s *syslogSink) take(ctx context.Context, entries []apikey.TrailEntry) error {
	if ended := s.ended.Load(); ended != nil {
		if ended.Sub(s.sent) < unsureTime {
			entries = append(slices.Clip(s.last), entries...)
		}
		s.close()
	}
	if s.conn == nil {
		if err := s.dial(ctx); err != nil {
			return err
		}
	}
	if err := s.send(entries); err != nil {
		s.close()
		return err
	}
	s.last, s.sent = entries, time.Now()
	return nil
}

func (s *syslogSink) send(entries []apikey.TrailEntry) error {
	udp := s.conn.RemoteAddr().Network() == "udp"
	if err := s.conn.SetDeadline(time.Now().Add(ackTime)); err != nil {
		return err
	}
	var all bytes.Buffer
	for i := range entries {
		message, err := syslogMessage(&entries[i])
		if err != nil {
			return err
		}
		if udp {
			if _, err := s.conn.Write(message); err != nil {
				return fmt.Errorf("syslog cannot be written to: %w", err)
			}
			continue
		}
		fmt.Fprintf(&all, "%d ", len(message))
		all.Write(message)
	}
	if _, err := s.conn.Write(all.Bytes()); err != nil {
		return fmt.Errorf("syslog cannot be written to: %w", err)
	}
	if err := awaitAck(s.conn, ackTime); err != nil {
		return err
	}
	if s.ended.Load() != nil {
		return errors.New("syslog closed the connection")
	}
	return s.conn.SetDeadline(time.Time{})
}

func (s *syslogSink) dial(ctx context.Context) error {
	u, err := url.Parse(s.target.Address)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	var conn net.Conn
	if u.Scheme == "tls" {
		config, tlsErr := s.target.tls()
		if tlsErr != nil {
			return tlsErr
		}
		config.ServerName = u.Hostname()
		conn, err = (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", u.Host)
	} else {
		conn, err = (&net.Dialer{}).DialContext(ctx, u.Scheme, u.Host)
	}
	if err != nil {
		return fmt.Errorf("syslog cannot be reached: %w", err)
	}
	s.conn = conn
	s.ended.Store(nil)
	if u.Scheme != "udp" {
		go s.watch(conn)
	}
	return nil
}

// watch notes the end of a connection, over which nothing comes back.
func (s *syslogSink) watch(conn net.Conn) {
	for {
		_, err := io.Copy(io.Discard, conn)
		if errors.Is(err, os.ErrDeadlineExceeded) { // of a write
			time.Sleep(time.Second)
			continue
		}
		now := time.Now()
		s.ended.Store(&now)
		return
	}
}

func (s *syslogSink) reopen() {}

func (s *syslogSink) close() {
	if s.conn != nil {
		_ = s.conn.Close()
	}
	s.conn, s.last = nil, nil
	s.ended.Store(nil)
}

// syslogPriority is that of an audit message (13) that informs (6).
const syslogPriority = 13*8 + 6

var hostname, _ = os.Hostname()

// syslogMessage is an entry as a message: what one looks for as structured data, and all of it as JSON.
func syslogMessage(e *apikey.TrailEntry) ([]byte, error) {
	all, err := text(e)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "<%d>1 %s %s ostiary %d %s [ostiary@32473", syslogPriority,
		e.At.UTC().Format("2006-01-02T15:04:05.000Z"), headerText(hostname, 255), os.Getpid(),
		headerText(string(e.Action), 32))
	for _, p := range [][2]string{
		{"number", strconv.FormatInt(e.ID, 10)}, {"hash", e.Link.String()}, {"org", strconv.FormatInt(e.OrgID, 10)},
		{"actor", e.Actor}, {"address", e.From}, {"action", string(e.Action)}, {"keyId", e.KeyID},
		{"keyName", e.KeyName},
	} {
		fmt.Fprintf(&b, ` %s="%s"`, p[0], dataText.Replace(strings.ToValidUTF8(p[1], "\uFFFD")))
	}
	b.WriteString("] ")
	b.Write(all)
	return b.Bytes(), nil
}

// dataText escapes a value of structured data. Ends of lines are no part of one: receivers read by lines.
var dataText = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `]`, `\]`, "\n", " ", "\r", " ", "\x00", " ")

// headerText is a field of the header, of printable ASCII; - is none.
func headerText(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
	if s == "" {
		return "-"
	}
	return s[:min(len(s), most)]
}

// tls is how a target's server is checked, and what it is shown.
func (t Target) tls() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("the CA file cannot be read: %w", err)
		}
		if config.RootCAs, err = x509.SystemCertPool(); err != nil {
			config.RootCAs = x509.NewCertPool()
		}
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("the CA file %s holds no certificate (PEM)", t.CAFile)
		}
	}
	if t.CertFile != "" || t.KeyFile != "" {
		cert, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("the client's certificate cannot be used: %w", err)
		}
		config.Certificates = []tls.Certificate{cert}
	}
	return config, nil
}
