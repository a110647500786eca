package notice_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/notice"
	"github.com/ostiary/ostiary/pkg/servertest"
)

// mailServer is a real one, which keeps what it gets.
type mailServer struct {
	address string
	trust   *tls.Config
	auth    bool // it wants a password

	mu      sync.Mutex
	refuses error
	got     []letter
}

// letter is a mail as it came.
type letter struct {
	from    string
	to      []string
	user    string
	secure  bool
	message *mail.Message
	text    string
	html    string
}

func newMailServer(t testing.TB, implicit, startTLS, auth bool) *mailServer {
	t.Helper()
	s := &mailServer{auth: auth}
	certFile, _, cfg := servertest.Certificate(t)
	pem, err := os.ReadFile(certFile)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(pem))
	s.trust = &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		_, secure := c.TLSConnectionState()
		return &session{server: s, letter: letter{secure: secure}}, nil
	}))
	server.Domain, server.AllowInsecureAuth = "localhost", true
	if startTLS || implicit {
		server.TLSConfig = cfg
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.address = l.Addr().String()
	if implicit {
		l = tls.NewListener(l, cfg)
	}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return s
}

type session struct {
	server *mailServer
	letter letter
}

func (s *session) AuthMechanisms() []string {
	if s.server.auth {
		return []string{sasl.Plain}
	}
	return nil
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "keys" || password != "mail-password" {
			return &smtp.SMTPError{Code: 535, Message: "wrong password " + password}
		}
		s.letter.user = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error { s.letter.from = from; return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.letter.to = append(s.letter.to, to)
	return nil
}

func (s *session) Data(r io.Reader) (err error) {
	if s.letter.message, err = mail.ReadMessage(r); err != nil {
		return err
	}
	_, params, err := mime.ParseMediaType(s.letter.message.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	parts := multipart.NewReader(s.letter.message.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		var in io.Reader = part
		if part.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
			in = quotedprintable.NewReader(part)
		}
		body, err := io.ReadAll(in)
		if err != nil {
			return err
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			s.letter.html = string(body)
		} else {
			s.letter.text = string(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")))
		}
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	if s.server.refuses != nil {
		return s.server.refuses
	}
	s.server.got = append(s.server.got, s.letter)
	return nil
}

func (s *session) Reset()        { s.letter.to, s.letter.from = nil, "" }
func (s *session) Logout() error { return nil }

func (s *mailServer) take() []letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.got
	s.got = nil
	slices.SortFunc(got, func(a, b letter) int { return strings.Compare(a.to[0], b.to[0]) })
	return got
}

func (s *mailServer) channel(t testing.TB, scheme, user, password string, to ...string) notice.Channel {
	t.Helper()
	u, err := url.Parse(scheme + "://" + user + s.address)
	require.NoError(t, err)
	return notice.Channel{Email: &notice.Email{Server: u, Password: password, From: "Ostiary <keys@example.com>", To: to}}
}

func subject(t testing.TB, l letter) string {
	t.Helper()
	text, err := new(mime.WordDecoder).DecodeHeader(l.message.Header.Get("Subject"))
	require.NoError(t, err)
	return text
}

// TestMailServers speaks to servers of every kind. A password goes to none
// that could be overheard, and none says it again.
func TestMailServers(t *testing.T) {
	for name, c := range map[string]struct {
		implicit, startTLS, auth bool
		scheme, user, password   string
		secure                   bool
		fails                    string
	}{
		"plain":                   {scheme: "smtp"},
		"STARTTLS":                {startTLS: true, scheme: "smtp", secure: true},
		"STARTTLS with password":  {startTLS: true, auth: true, scheme: "smtp", user: "keys@", password: "mail-password", secure: true},
		"TLS with password":       {implicit: true, auth: true, scheme: "smtps", user: "keys@", password: "mail-password", secure: true},
		"password, this machine":  {auth: true, scheme: "smtp", user: "keys@", password: "mail-password"},
		"a wrong password":        {implicit: true, auth: true, scheme: "smtps", user: "keys@", password: "wrong-mail-password", fails: "535"},
		"TLS where there is none": {scheme: "smtps", fails: "the mail server 127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newMailServer(t, c.implicit, c.startTLS, c.auth)
			w := newWorld(t, config(s.channel(t, c.scheme, c.user, c.password, "ops@example.com")))
			w.TrustMail(s.trust)
			list, err := w.Test(manager(t))
			require.NoError(t, err)
			require.Equal(t, "ops@example.com", list[0].To)
			if c.fails != "" {
				require.Contains(t, list[0].Error, c.fails)
				require.NotContains(t, list[0].Error, "mail-password")
				require.Empty(t, s.take())
				return
			}
			require.Empty(t, list[0].Error)
			got := s.take()
			require.Len(t, got, 1)
			require.Equal(t, []string{"ops@example.com"}, got[0].to)
			require.Equal(t, "keys@example.com", got[0].from)
			require.Equal(t, c.secure, got[0].secure)
			require.Equal(t, strings.TrimSuffix(c.user, "@"), got[0].user)
		})
	}
}

// TestMail sends owners what is theirs: at once what is urgent, and the rest
// once a day.
func TestMail(t *testing.T) {
	s := newMailServer(t, false, false, false)
	w := newWorld(t, config(s.channel(t, "smtp", "", "", "owner", "ops@example.com", "OPS@example.com")))
	owned := func(owner string) func(*apikey.NewKey) { return func(n *apikey.NewKey) { n.Owner = owner } }
	w.create(t, "a", 5*day, owned("grace@example.com"))
	w.create(t, "b", 6*day, owned("Grace <grace@example.com>"))
	w.create(t, "c", 6*day, owned("the team in the cellar"))
	w.create(t, "d", 6*day, owned("ops@example.com"))
	w.round(t, 0)
	got := s.take()
	require.Len(t, got, 2, "one mail to each person")
	require.Equal(t, []string{"grace@example.com"}, got[0].to)
	require.Equal(t, "[Ostiary] 2 notices about keys", subject(t, got[0]))
	require.Contains(t, got[0].text, `The key "a" ends in 5 days`)
	require.Contains(t, got[0].text, `The key "b" ends in 6 days`)
	require.Contains(t, got[0].html, "<h3>The key &#34;a&#34; ends in 5 days</h3>")
	require.Equal(t, "auto-generated", got[0].message.Header.Get("Auto-Submitted"))
	require.Equal(t, []string{"ops@example.com"}, got[1].to)
	require.Equal(t, 4, strings.Count(got[1].text, "ends in"+" "), "everything, and each once")

	// What comes on the same day waits, but not what is urgent.
	w.create(t, "e", 3*day, owned("grace@example.com"))
	w.round(t, time.Hour)
	require.Empty(t, s.take())
	w.create(t, "f", time.Hour, owned("grace@example.com"))
	w.round(t, time.Hour/2)
	got = s.take()
	require.Len(t, got, 2)
	require.Equal(t, `[Ostiary] The key "f" ends in 30 minutes`, subject(t, got[0]))
	w.round(t, 21*time.Hour)
	for _, l := range s.take() {
		require.NotContains(t, l.text, `"e"`)
	}
	w.round(t, 4*time.Hour)
	got = s.take()
	require.NotEmpty(t, got)
	require.Contains(t, got[0].text, `The key "e" ends in 3 days`, "the words are those of when it was found out")

	// A mail that is refused is sent again, with the same id.
	s.mu.Lock()
	s.refuses = &smtp.SMTPError{Code: 451, Message: "later"}
	s.mu.Unlock()
	w.create(t, "g", time.Hour, owned("zoe@example.com"))
	w.round(t, 0)
	require.Empty(t, s.take())
	require.Contains(t, w.list(t)[0].Error, "451")
	s.mu.Lock()
	s.refuses = nil
	s.mu.Unlock()
	w.round(t, time.Minute)
	got = s.take()
	require.Equal(t, "zoe@example.com", got[len(got)-1].to[0])
	require.Contains(t, got[len(got)-1].message.Header.Get("Message-Id"), "ntc_")
}

// TestMailCannotBeSmuggled has names and owners that try to be more than that.
func TestMailCannotBeSmuggled(t *testing.T) {
	s := newMailServer(t, false, false, false)
	w := newWorld(t, config(s.channel(t, "smtp", "", "", "owner", "ops@example.com")))
	for i, owner := range []string{
		"a@example.com,b@example.com", "a@example.com b@example.com", "<a@example.com> b", `"a\r\nBcc: b@example.com"@example.com`,
		"@", "a@", "a@example.com>\u00a0RCPT TO:<b@example.com",
	} {
		w.create(t, "<script>alert(1)</script>\u00a0Bcc: b@example.com "+string(rune('a'+i)), time.Hour, func(n *apikey.NewKey) { n.Owner = owner })
	}
	w.round(t, 0)
	got := s.take()
	require.NotEmpty(t, got)
	for _, l := range got {
		require.Len(t, l.to, 1)
		require.NotContains(t, l.to[0], "b@example.com")
		require.Empty(t, l.message.Header.Get("Bcc"))
		require.NotContains(t, l.html, "<script>")
	}
}
