package notice

import "crypto/tls"

// TrustMail lets the certificate of a test's mail server be trusted, as
// SSL_CERT_FILE does outside.
func (n *Notices) TrustMail(cfg *tls.Config) {
	for _, c := range n.live.Load().channels {
		if mail, ok := c.sender.(*mailSender); ok {
			mail.tls = cfg
		}
	}
}
