package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/origin"
)

func newKeyVerify(a *app) *cobra.Command {
	var v api.VerifyRequest
	var use bool
	cmd := annotate(&cobra.Command{
		Use:   "verify",
		Short: "Say whether a key would be let in",
		Long: `Reads a key from stdin and says whether it would be let in: "valid", or the
code of why not. The key to verify is not taken as an argument, because others
can see those. Any API key may ask, whatever its role, unless it is limited to
endpoints: one that is can be used at those alone.

An endpoint of the server's gate asks for what it does there: its permission,
unless --permission (or --require, as the gate calls it) names another, and its
pool. It is no use of the key, and not counted, unless --use says so.

Exit codes: 0 the key is valid, 6 it is not; the others as in "ostiary --help".`,
		Example: `  ostiary key verify < edge-agents.key
  ostiary key verify --permission ingest --endpoint pyroscope --address 10.0.0.7 < edge-agents.key
  ostiary key verify -o json < edge-agents.key`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return failed(exitUsage, "ostiary key verify < FILE",
				"the key is read from stdin, not from the arguments: others can see those, and the shell keeps them")
		},
	}, takesAnyKey)
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&v.Permission, "permission", "",
		"`WHAT` the key must be good for: read, write, ingest or manage (default the endpoint's, or else anything)")
	f.StringVar(&v.Endpoint, "endpoint", "", "`NAME` of an endpoint that it must open")
	f.StringVar(&v.Address, "address", "", "client `ADDRESS` that it must be allowed from")
	f.BoolVar(&use, "use", false, "count it as a use of the key, because the answer lets somebody in")
	// what the gate's configuration calls it
	f.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "require" {
			name = "permission"
		}
		return pflag.NormalizedName(name)
	})
	complete(cmd, "permission", fixedCompletions("read", "write", "ingest", "manage"))
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if err := filled(cmd, "permission", "endpoint", "address"); err != nil {
			return err
		}
		if v.Token, err = a.readSecret(cmd.Context(), "Key to verify: "); err != nil {
			return err
		}
		if !isKey(v.Token) { // it may be a secret of something else, so it is not sent
			return a.showVerdict(&api.VerifyResponse{Code: "invalid_token",
				Reason: "This is not a whole Ostiary key: it was cut, mistyped, or is something else."})
		}
		c, err := a.connect(cmd)
		if err != nil {
			return err
		}
		v.DryRun = !use
		verdict, err := c.Verify(cmd.Context(), v)
		if err != nil {
			return err
		}
		return a.showVerdict(verdict)
	}
	return cmd
}

// isKey reports whether a text has the form of a key: of ours, or of a system
// whose keys can be taken over.
func isKey(text string) bool {
	_, ours := apikey.ParseToken(text)
	_, theirs := origin.Parse(text)
	return ours || theirs
}

// showVerdict prints the code with the reason and makes the exit code of it.
func (a *app) showVerdict(verdict *api.VerifyResponse) error {
	err := a.show(verdict, func(w io.Writer) {
		reason := verdict.Reason
		if k := verdict.Key; k != nil {
			reason = fmt.Sprintf("the key %q (%s), role %s, %s", k.Name, k.ID, k.Role, expiry(k, time.Now()))
		}
		line := verdict.Code
		if reason != "" {
			line += ": " + reason
		}
		_, _ = fmt.Fprintln(w, term.Printable(line))
	})
	if err == nil && !verdict.Valid {
		return silent(exitSaysNo)
	}
	return err
}
