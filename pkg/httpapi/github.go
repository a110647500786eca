package httpapi

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
)

// maxGitHubLeaks is how many tokens a message may hold.
const maxGitHubLeaks = 1000

// reportLeaksFromGitHub takes a message of GitHub's secret scanning partner
// program. What it says about a token counts as if somebody had reported it.
func (h *handler) reportLeaksFromGitHub(w http.ResponseWriter, r *http.Request) error {
	if h.GitHubKeys == nil {
		return apikey.Errorf(apikey.CodeNotFound,
			"Reports of GitHub are not taken here. Set leaks.github_keys to the file or address of its public keys.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, api.MaxBody))
	if err != nil {
		return apikey.Errorf(apikey.CodeTooLarge, "The body is longer than %d bytes, or did not arrive whole.",
			api.MaxBody)
	}
	id, signature := r.Header.Get("Github-Public-Key-Identifier"), r.Header.Get("Github-Public-Key-Signature")
	err = h.GitHubKeys.Verify(r.Context(), body, id, signature)
	if err != nil {
		h.Logger.WarnContext(r.Context(), "a report that says it is GitHub's is refused", "error", err)
		return apikey.Errorf(apikey.CodeUnauthenticated,
			"The signature of the message does not fit GitHub's public keys.")
	}
	var leaks []api.GitHubLeak
	if err := json.Unmarshal(body, &leaks); err != nil || len(leaks) > maxGitHubLeaks {
		return apikey.Errorf(apikey.CodeInvalid,
			"The body must be a list of at most %d objects with token, type, url and source.", maxGitHubLeaks)
	}
	labels := make([]api.GitHubLabel, len(leaks))
	for i, leak := range leaks {
		if labels[i], err = h.label(r.Context(), leak); err != nil {
			return err
		}
	}
	api.Write(w, http.StatusOK, labels)
	return nil
}

func (h *handler) label(ctx context.Context, l api.GitHubLeak) (api.GitHubLabel, error) {
	sum := sha256.Sum256([]byte(l.Token))
	label := api.GitHubLabel{
		TokenHash: base64.StdEncoding.EncodeToString(sum[:]), TokenType: l.Type, Label: api.GitHubFalsePositive,
	}
	where, err := apikey.CheckWhere(l.URL)
	if err != nil {
		where = "GitHub"
	}
	decision := h.holds(l.Token, netip.Addr{})
	outcome, err := h.endLeaked(ctx, &decision, apikey.Leak{Where: where, Reporter: "GitHub secret scanning"})
	if err == nil && outcome.Outcome != api.LeakUnknown {
		label.Label = api.GitHubTruePositive
	}
	if code := apikey.ErrorCode(err); err != nil && code != apikey.CodeUnavailable && code != apikey.CodeInternal {
		err = nil // it is no token
	}
	return label, err
}

// GitHubKeys are the public keys of GitHub's secret scanning, read from a file
// or an address, and read again when a message names one that is not known.
type GitHubKeys struct {
	source string
	client *http.Client

	mu   sync.Mutex
	keys map[string]*ecdsa.PublicKey
	read time.Time // when they were last asked for
}

const (
	githubKeysPause   = time.Minute // between two times that the keys are asked for
	githubKeysTimeout = 10 * time.Second
	maxGitHubKeys     = 1 << 20 // bytes
)

// NewGitHubKeys returns the keys of a source: a file, or an address with
// https. It is not read before it is needed.
func NewGitHubKeys(source string) *GitHubKeys {
	return &GitHubKeys{source: source, client: &http.Client{Timeout: githubKeysTimeout}}
}

// Verify says why a signature does not prove that a message is GitHub's.
func (g *GitHubKeys) Verify(ctx context.Context, body []byte, id, signature string) error {
	if id == "" || signature == "" {
		return errors.New("the message has no signature")
	}
	sig, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return errors.New("the signature is not base64")
	}
	key, err := g.key(ctx, id)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(body); !ecdsa.VerifyASN1(key, sum[:], sig) {
		return errors.New("the signature is wrong")
	}
	return nil
}

// key returns a public key. Strangers who name keys that do not exist make the
// source be asked once a minute at the most.
func (g *GitHubKeys) key(ctx context.Context, id string) (*ecdsa.PublicKey, error) {
	g.mu.Lock()
	key, due := g.keys[id], time.Since(g.read) >= githubKeysPause
	if key == nil && due {
		g.read = time.Now()
	}
	g.mu.Unlock()
	switch {
	case key != nil:
		return key, nil
	case !due:
		return nil, errors.New("the message names a public key that is not known")
	}
	keys, err := g.load(ctx)
	if err != nil {
		return nil, fmt.Errorf("the public keys of GitHub cannot be read: %w", err)
	}
	g.mu.Lock()
	g.keys = keys
	g.mu.Unlock()
	if key = keys[id]; key == nil {
		return nil, errors.New("the message names a public key that is not known")
	}
	return key, nil
}

func (g *GitHubKeys) load(ctx context.Context) (map[string]*ecdsa.PublicKey, error) {
	in, err := g.open(ctx)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var list struct {
		PublicKeys []struct {
			ID  string `json:"key_identifier"`
			Key string `json:"key"`
		} `json:"public_keys"`
	}
	if err := json.NewDecoder(io.LimitReader(in, maxGitHubKeys)).Decode(&list); err != nil {
		return nil, err
	}
	keys := map[string]*ecdsa.PublicKey{}
	for _, one := range list.PublicKeys {
		block, _ := pem.Decode([]byte(one.Key))
		if block == nil {
			return nil, fmt.Errorf("the key %.80q is not PEM", one.ID)
		}
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, err
		}
		key, ok := parsed.(*ecdsa.PublicKey)
		if !ok {
			return nil, fmt.Errorf("the key %.80q is a %T, and not of ECDSA", one.ID, parsed)
		}
		keys[one.ID] = key
	}
	return keys, nil
}

func (g *GitHubKeys) open(ctx context.Context) (io.ReadCloser, error) {
	if !strings.HasPrefix(g.source, "https://") {
		return os.Open(g.source)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.source, http.NoBody)
	if err != nil {
		return nil, err
	}
	res, err := g.client.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		_ = res.Body.Close()
		return nil, fmt.Errorf("%s answers %s", req.URL.Host, res.Status)
	}
	return res.Body, nil
}
