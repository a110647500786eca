package notice

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// CheckServer says what is wrong with the address of a mail server.
func CheckServer(u *url.URL) error {
	switch {
	case u.Scheme != "smtp" && u.Scheme != "smtps":
		return errors.New("must begin with smtp:// (with STARTTLS where the server has it) or smtps://")
	case u.Hostname() == "":
		return errors.New("names no server; write it as smtps://user@mail.example.com:465")
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return errors.New("has something behind the server; write it as smtps://user@mail.example.com:465")
	}
	if _, has := u.User.Password(); has {
		return errors.New("holds a password; put that into a file and name it in password_file")
	}
	return nil
}

// CheckAddress says what is wrong with an address of mail.
func CheckAddress(s string) error {
	if a, err := mail.ParseAddress(s); err != nil || ownerAddress(a.Address) == "" {
		return fmt.Errorf("%q is no address of mail such as ops@example.com", s)
	}
	return nil
}

// mailSender sends one mail with all notices to a person.
type mailSender struct {
	email *Email
	tls   *tls.Config // nil = the system's
}

func newMailSender(e *Email) *mailSender { return &mailSender{email: e} }

// options say how the server is spoken to. A password goes over TLS alone, but
// for a server on this machine.
func (s *mailSender) options() []gomail.Option {
	u := s.email.Server
	opts := []gomail.Option{gomail.WithTimeout(sendTimeout)}
	if s.tls != nil {
		opts = append(opts, gomail.WithTLSConfig(s.tls))
	}
	hasPassword := u.User.Username() != "" && s.email.Password != ""
	switch {
	case u.Scheme == "smtps":
		opts = append(opts, gomail.WithSSL(), gomail.WithPort(port(u, 465)))
	case hasPassword && !isLoopback(u.Hostname()):
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithPort(port(u, 587)))
	default:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSOpportunistic), gomail.WithPort(port(u, 25)))
	}
	if hasPassword {
		auth := gomail.SMTPAuthAutoDiscover
		if u.Scheme != "smtps" && isLoopback(u.Hostname()) {
			auth = gomail.SMTPAuthPlain // which the library lets go to this machine without TLS
		}
		opts = append(opts, gomail.WithSMTPAuth(auth),
			gomail.WithUsername(u.User.Username()), gomail.WithPassword(s.email.Password))
	}
	return opts
}

func port(u *url.URL, usual int) int {
	if n, err := strconv.Atoi(u.Port()); err == nil {
		return n
	}
	return usual
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (s *mailSender) send(ctx context.Context, notices []apikey.Notice, now time.Time) error {
	msg, err := s.compose(notices, now)
	if err != nil {
		return err
	}
	client, err := gomail.NewClient(s.email.Server.Hostname(), s.options()...)
	if err != nil {
		return s.withoutPassword(err)
	}
	return s.withoutPassword(client.DialAndSendWithContext(ctx, msg))
}

// withoutPassword is an error in which the password is not, whatever the
// server has said.
func (s *mailSender) withoutPassword(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if s.email.Password != "" {
		text = strings.ReplaceAll(text, s.email.Password, "…")
	}
	return fmt.Errorf("the mail server %s: %s", s.email.Server.Host, text)
}

// compose writes the mail: as text, and the same as HTML.
func (s *mailSender) compose(notices []apikey.Notice, now time.Time) (*gomail.Msg, error) {
	msg := gomail.NewMsg()
	from, err := mail.ParseAddress(s.email.From)
	if err == nil {
		msg.FromMailAddress(from)
		err = msg.To(notices[0].To)
	}
	if err != nil {
		return nil, err
	}
	subject := oneLine(notices[0].Title)
	if len(notices) > 1 {
		subject = fmt.Sprintf("%d notices about keys", len(notices))
	}
	msg.Subject("[Ostiary] " + subject)
	msg.SetDateWithValue(now)
	_, domain, _ := strings.Cut(from.Address, "@")
	msg.SetMessageIDWithValue(notices[0].ID + "@" + domain) // the same for every attempt
	msg.SetGenHeader("Auto-Submitted", "auto-generated")    // so that no absence is answered
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	var text, page bytes.Buffer
	for i := range notices {
		if i > 0 {
			text.WriteString("\n\n")
		}
		one := &notices[i]
		fmt.Fprintf(&text, "%s\n\n%s\n\n%s, %s\n", one.Title, one.Text, stamp(one.At), one.Event)
	}
	if err := mailPage.Execute(&page, notices); err != nil {
		return nil, err
	}
	msg.SetBodyString(gomail.TypeTextPlain, text.String())
	msg.AddAlternativeString(gomail.TypeTextHTML, page.String())
	return msg, nil
}

// mailPage is plain, so that every program for mail shows it.
var mailPage = template.Must(template.New("").Funcs(template.FuncMap{"stamp": stamp}).Parse(`<!DOCTYPE html>
<html lang="en"><body style="font-family: sans-serif; max-width: 40em">
{{range .}}<h3>{{.Title}}</h3>
<p>{{.Text}}</p>
<p style="color: #666">{{stamp .At}}, {{.Event}}</p>
{{end}}</body></html>
`))
