package notice

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/ostiary/ostiary/pkg/apikey"
)

// Limits of a delivery over HTTP.
const (
	sendTimeout = 15 * time.Second
	maxAnswer   = 64 << 10 // of which nothing is looked at
)

// leastSecret is how many bytes a secret has at the least.
const leastSecret = 16

// ParseSecret reads the secret with which webhooks are signed: whsec_ with
// base64, as Standard Webhooks writes it, or any other text as it is.
func ParseSecret(secret string) ([]byte, error) {
	coded, marked := strings.CutPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(coded)
	switch {
	case err != nil && marked:
		return nil, errors.New("is not whsec_ with base64 behind it; make one with: printf whsec_; openssl rand -base64 32")
	case err != nil:
		key = []byte(secret)
	}
	if len(key) < leastSecret {
		return nil, fmt.Errorf("has %d bytes, which can be guessed; make one of 32 with: printf whsec_; openssl rand -base64 32",
			len(key))
	}
	return key, nil
}

// webhookSender posts each notice as JSON, signed as Standard Webhooks says.
type webhookSender struct {
	url    *url.URL
	signer *standardwebhooks.Webhook
	client *http.Client
}

func newWebhookSender(w *Webhook) (*webhookSender, error) {
	key, err := ParseSecret(w.Secret)
	if err != nil {
		return nil, err
	}
	signer, err := standardwebhooks.NewWebhookRaw(key)
	return &webhookSender{url: w.URL, signer: signer, client: newClient()}, err
}

// newClient returns a client that goes where it is sent and nowhere else: a
// redirect would carry the notice to somebody who was not configured.
func newClient() *http.Client {
	return &http.Client{
		Timeout:       sendTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// webhookBody is what a webhook gets.
type webhookBody struct {
	Type      apikey.Event    `json:"type"`
	Timestamp time.Time       `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
}

func (s *webhookSender) send(ctx context.Context, notices []apikey.Notice, now time.Time) error {
	for i := range notices {
		n := &notices[i]
		body, err := json.Marshal(webhookBody{Type: n.Event, Timestamp: n.At.UTC(), Data: json.RawMessage(n.Data)})
		if err != nil {
			return err
		}
		signature, err := s.signer.Sign(n.ID, now, body)
		if err != nil {
			return err
		}
		err = post(ctx, s.client, s.url, body, http.Header{
			"Webhook-Id":        {n.ID},
			"Webhook-Timestamp": {strconv.FormatInt(now.Unix(), 10)},
			"Webhook-Signature": {signature},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// errGone is the answer of a receiver that wants no more.
var errGone = errors.New("the receiver answered 410 Gone: it wants no more of these")

// postpone is the error of a receiver that says when to come again.
type postpone struct {
	error
	wait time.Duration
}

// post sends JSON. The error says neither the whole address nor anything that
// the receiver wrote.
func post(ctx context.Context, client *http.Client, to *url.URL, body []byte, header http.Header) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
	if err != nil {
		return errors.New("its address cannot be called")
	}
	req.Header = header
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "ostiary")
	resp, err := client.Do(req)
	if err != nil {
		if outer, ok := errors.AsType[*url.Error](err); ok {
			err = outer.Err // without the address
		}
		return fmt.Errorf("%s could not be reached: %w", Place(to), err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer))
	switch status := resp.StatusCode; {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusGone:
		return errGone
	case status >= 300 && status < 400:
		return fmt.Errorf("the receiver answered %d and sent the notice elsewhere, where it does not go; configure the new address", status)
	default:
		err := fmt.Errorf("the receiver answered %d %s", status, http.StatusText(status))
		seconds, no := strconv.Atoi(resp.Header.Get("Retry-After"))
		if no == nil && seconds > 0 {
			return &postpone{err, time.Duration(min(seconds, 3600)) * time.Second}
		}
		return err
	}
}
