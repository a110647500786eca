package admin

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/config"
)

// TrailResult says whether the audit trail holds.
type TrailResult struct {
	Entries int64        `json:"entries"` // that there are
	First   int64        `json:"first"`   // the number of the first
	Last    int64        `json:"last"`    // the number of the one that was written last
	Hash    string       `json:"hash"`    // of that one
	Removed int64        `json:"removed"` // up to which number audit.keep removed entries; 0 = none
	Heads   int          `json:"heads"`   // that were known from logs and targets
	Faults  []TrailFault `json:"faults"`
	More    int64        `json:"more"` // faults that are not in the list
}

// TrailFault is a place of the trail that is not as it was written.
type TrailFault struct {
	Kind    apikey.TrailFaultKind `json:"kind"`
	Number  int64                 `json:"number"`
	Last    int64                 `json:"last,omitempty"` // of several entries that are missing
	At      time.Time             `json:"at,omitzero"`
	Action  apikey.Action         `json:"action,omitempty"`
	Actor   string                `json:"actor,omitempty"`
	OrgID   int64                 `json:"orgId,omitempty"`
	KeyID   string                `json:"keyId,omitempty"`
	KeyName string                `json:"keyName,omitempty"`
	Detail  string                `json:"detail"`
}

// VerifyTrail reads the audit trail of a store, which servers may be using, and says what in it is not as Ostiary wrote
// it: of the one that is configured, or of a backup in a file. See apikey.CheckTrail.
func VerifyTrail(
	ctx context.Context, cfg *config.Config, file string, known []apikey.KnownHead,
) (_ *TrailResult, err error) {
	store, _, err := openToRead(ctx, cfg, file, false)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	peppers := pepperOf(cfg, file)
	if err := peppers.Fits(ctx, store); err != nil {
		return nil, err
	}
	c, err := peppers.CheckTrail(ctx, store, known)
	if err != nil {
		return nil, err
	}
	r := &TrailResult{Entries: c.Entries, First: c.First, Last: c.Head.Number, Removed: c.Removed, Heads: len(known),
		Faults: []TrailFault{}, More: c.More}
	if c.Head.Number > 0 {
		r.Hash = c.Head.Link.String()
	}
	for _, f := range c.Faults {
		e := f.Entry
		r.Faults = append(r.Faults, TrailFault{Kind: f.Kind, Number: f.Number, Last: f.Last, At: e.At, Action: e.Action,
			Actor: e.Actor, OrgID: e.OrgID, KeyID: e.KeyID, KeyName: e.KeyName, Detail: f.Detail})
	}
	return r, nil
}

// HeadsIn finds what a log of a server, or a file that took the audit trail, says of entries. There is none if nothing
// in it is of either kind.
func HeadsIn(name string) (heads []apikey.KnownHead, err error) {
	var in io.Reader = os.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	lines := bufio.NewReaderSize(in, 64<<10)
	for {
		line, err := lines.ReadString('\n')
		if head, ok := headIn(line); ok {
			head.From = name
			heads = append(heads, head)
		}
		if errors.Is(err, io.EOF) {
			return heads, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read: %w", name, err)
		}
	}
}

// A head stands in a log as number=7 hash=…, and in structured data of syslog with quotes.
var (
	numberForm = regexp.MustCompile(`(?:^|[\s\[{,"])number"?[=:]\s*"?(\d{1,18})\b`)
	hashForm   = regexp.MustCompile(`(?:^|[\s\[{,"])hash"?[=:]\s*"?([0-9a-f]{64})\b`)
)

func headIn(line string) (apikey.KnownHead, bool) {
	if !strings.Contains(line, "hash") {
		return apikey.KnownHead{}, false
	}
	var entry struct {
		Number json.Number `json:"number"`
		Hash   string      `json:"hash"`
	}
	if err := json.Unmarshal([]byte(line), &entry); err == nil {
		head, err := apikey.ParseHead(entry.Number.String(), entry.Hash)
		return head, err == nil
	}
	number, hash := numberForm.FindStringSubmatch(line), hashForm.FindStringSubmatch(line)
	if number == nil || hash == nil {
		return apikey.KnownHead{}, false
	}
	head, err := apikey.ParseHead(number[1], hash[1])
	return head, err == nil
}
