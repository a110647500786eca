package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/client"
)

// bulkStep is after how many keys the progress is told.
const bulkStep = 200

const selectHelp = `

Instead of ID, flags such as --label select keys: then it says how many they
are, and asks. Keys that are gone meanwhile are passed over.`

// act is what a command does to keys.
type act struct {
	verb, past string         // "Revoke", "Revoked"
	states     []apikey.State // of keys that it changes
	do         func(ctx context.Context, c *client.Client, id string) (*api.Key, error)
}

// bulkResult says what an act did to the keys of a selection, by their ids.
type bulkResult struct {
	Matched int        `json:"matched"`
	Done    []string   `json:"done"`
	Gone    []string   `json:"gone"` // that others removed meanwhile
	Failed  []bulkFail `json:"failed"`
}

// bulkFail is a key that was not changed.
type bulkFail struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Error string `json:"error"`
}

// oneOrSelected takes the argument ID, or flags that select keys.
func (s *selection) oneOrSelected(cmd *cobra.Command, args []string) error {
	switch given := s.given(cmd); {
	case given && len(args) > 0:
		return usageError("%q is one key, and the flags select others; leave one of them out", args[0])
	case given:
		return nil
	case len(args) == 0:
		return usageError("ID is missing; give it, or select keys with flags such as --label team=old")
	}
	return arguments("ID")(cmd, args)
}

// bulk acts on all keys of a selection, after it has asked.
func (a *app) bulk(cmd *cobra.Command, s *selection, act act) error {
	if err := s.readForMany(cmd); err != nil {
		return err
	}
	c, err := a.connect(cmd)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	keys, err := s.keys(ctx, c, act.states)
	if err != nil {
		return err
	}
	result := bulkResult{Matched: len(keys), Done: []string{}, Gone: []string{}, Failed: []bulkFail{}}
	if len(keys) > 0 {
		if keys, err = a.confirmBulk(cmd, c, keys, act); err != nil {
			return err
		}
		err = a.work(ctx, c, keys, act, &result)
	}
	if shown := a.showBulk(result, act); shown != nil {
		return shown
	}
	return err
}

// confirmBulk says how many keys there are, and asks whether to go on; where nobody can be asked, that says what --yes
// would do. It returns them with the one that the caller uses at the end, because nothing can be done after it.
func (a *app) confirmBulk(cmd *cobra.Command, c *client.Client, keys []api.Key, act act) ([]api.Key, error) {
	ctx := cmd.Context()
	me, err := c.Whoami(ctx)
	if err != nil {
		return nil, err
	}
	a.say("%s: %s.", term.Count(len(keys), "key"), namesOf(keys))
	if i := slices.IndexFunc(keys, func(k api.Key) bool { return k.ID == me.KeyID }); i >= 0 {
		a.say("The key that you are signed in with is among them, and comes last.")
		own := keys[i]
		keys = append(slices.Delete(keys, i, i+1), own)
	}
	if err := a.mayConfirm(cmd, nil); err != nil {
		return nil, err
	}
	return keys, a.confirm(ctx, fmt.Sprintf("%s %s?", act.verb, term.Count(len(keys), "key")))
}

// namesOf lists the names of keys for a sentence, not too many of them.
func namesOf(keys []api.Key) string {
	const most = 10
	names := make([]string, 0, most)
	for _, k := range keys[:min(most, len(keys))] {
		names = append(names, fmt.Sprintf("%q", k.Name))
	}
	if more := len(keys) - most; more > 0 {
		return strings.Join(names, ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(names, ", ")
}

// work acts on one key after the other. What fails for one of them does not keep it from the others; an error is one
// that would for all.
func (a *app) work(ctx context.Context, c *client.Client, keys []api.Key, act act, result *bulkResult) error {
	a.changing = true
	hint := ""
	for i, k := range keys {
		_, err := act.do(ctx, c, k.ID)
		switch code := apikey.ErrorCode(err); {
		case err == nil:
			result.Done = append(result.Done, k.ID)
		case code == apikey.CodeNotFound:
			result.Gone = append(result.Gone, k.ID)
		case code == apikey.CodeConflict, code == apikey.CodeLastAdmin, code == apikey.CodeInvalid:
			result.Failed = append(result.Failed, bulkFail{ID: k.ID, Name: k.Name, Error: err.Error()})
			a.say("ostiary: %q (%s): %s", k.Name, k.ID, err)
			if code == apikey.CodeLastAdmin {
				hint = anotherAdmin + "; or go on all the same with --force"
			}
		default:
			a.say("ostiary: note: it stopped after %d of %s; the same line goes on from there", i,
				term.Count(len(keys), "key"))
			return err
		}
		if n := i + 1; n%bulkStep == 0 && n < len(keys) {
			a.say("%s %d of %d …", act.past, n, len(keys))
		}
	}
	switch n := len(result.Failed); n {
	case 0:
		return nil
	case 1:
		return failed(exitFailed, hint, "1 key stayed as it was")
	default:
		return failed(exitFailed, hint, "%d keys stayed as they were", n)
	}
}

func (a *app) showBulk(result bulkResult, act act) error {
	if result.Matched == 0 {
		a.say("No keys to change.")
	}
	return a.show(result, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "%s %s.\n", act.past, term.Count(len(result.Done), "key"))
		if n := len(result.Gone); n > 0 {
			_, _ = fmt.Fprintf(w, "Gone meanwhile: %s.\n", term.Count(n, "key"))
		}
	})
}
