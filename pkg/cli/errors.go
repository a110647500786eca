package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"syscall"

	"github.com/ostiary/ostiary/pkg/api"
	"github.com/ostiary/ostiary/pkg/apikey"
	"github.com/ostiary/ostiary/pkg/cli/contexts"
	"github.com/ostiary/ostiary/pkg/cli/term"
	"github.com/ostiary/ostiary/pkg/client"
	"github.com/ostiary/ostiary/pkg/config"
	"github.com/ostiary/ostiary/pkg/setting"
)

// Exit codes, on which scripts rely.
const (
	exitDone         = 0
	exitFailed       = 1
	exitUsage        = 2
	exitNotFound     = 3
	exitNotAllowed   = 4
	exitNoConnection = 5
	exitSaysNo       = 6
	exitInterrupted  = 130 // as shells say it of a program that Ctrl+C ended
)

// failure is an error as it is printed to stderr.
type failure struct {
	exit  int
	lines []string // what is wrong, a line each; none = the result on stdout says it
	hint  string   // the next step
}

// Error returns what is wrong, in one line.
func (f *failure) Error() string { return strings.Join(f.lines, "; ") }

func failed(exit int, hint, format string, args ...any) *failure {
	return &failure{exit: exit, lines: []string{fmt.Sprintf(format, args...)}, hint: hint}
}

// usageError is a mistake in the arguments. Its hint points to the help of
// the command.
func usageError(format string, args ...any) *failure {
	return failed(exitUsage, "", format, args...)
}

// silent ends the program with a code and no message.
func silent(exit int) *failure { return &failure{exit: exit} }

// report prints an error to stderr and returns the exit code.
func (a *app) report(ctx context.Context, err error) int {
	if a.out.err != nil {
		err = a.out.err
	}
	switch {
	case err == nil:
		return exitDone
	case errors.Is(a.out.err, syscall.EPIPE): // the reader of the results has closed the pipe
		return exitFailed
	}
	f := a.describe(err)
	if ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))) {
		f = failed(exitInterrupted, "", "interrupted")
		if a.changing {
			f.hint = "the change may have been made all the same; look before you repeat it"
		}
	}
	for _, line := range f.lines {
		a.say("ostiary: %s", line)
	}
	if f.hint != "" {
		a.say("hint: %s", f.hint)
	}
	return f.exit
}

// say writes a line to stderr, without tokens and without what could steer
// the terminal.
func (a *app) say(format string, args ...any) {
	_, _ = fmt.Fprintln(a.err, term.Printable(apikey.Redact(fmt.Sprintf(format, args...))))
}

// describe says what kind of failure an error is, and what to do about it.
func (a *app) describe(err error) *failure {
	var own *failure
	var server *api.Error
	var domain *apikey.Error
	var connect *client.ConnectError
	var notTrusted *client.TLSError
	var foreign *client.ForeignError
	var redirect *client.RedirectError
	var misconfigured *config.Error
	var unusable *setting.Error
	var saved *contexts.Error
	switch {
	case errors.As(err, &own):
		if own.exit == exitUsage && own.hint == "" {
			own.hint = a.helpHint()
		}
		return own
	case errors.As(err, &unusable):
		return failed(exitUsage, a.helpHint(), "%s", err)
	case errors.As(err, &saved):
		return failed(exitFailed, saved.Hint, "%s", err)
	case errors.As(err, &server):
		return a.describeAnswer(server)
	case errors.As(err, &domain) && domain.Code == apikey.CodeUnavailable:
		return describeStore(domain)
	case errors.As(err, &domain):
		return a.describeAnswer(&api.Error{Problem: api.NewProblem(domain.Code, domain.Message, domain.Fields...)})
	case errors.As(err, &connect):
		hint := a.addressHint()
		if errors.Is(err, context.DeadlineExceeded) {
			hint = "--timeout 2m waits longer"
		}
		return failed(exitNoConnection, hint, "%s", err)
	case errors.As(err, &notTrusted):
		hint := strings.Replace(notTrusted.Hint, "as the CA file", "with --ca-file FILE", 1)
		return failed(exitNoConnection, hint, "%s", strings.TrimSuffix(err.Error(), "; "+notTrusted.Hint))
	case errors.As(err, &misconfigured):
		return &failure{exit: exitUsage, lines: strings.Split(err.Error(), "\n")}
	case errors.As(err, &foreign), errors.As(err, &redirect):
		return failed(exitNoConnection, a.addressHint(), "%s", err)
	}
	return &failure{exit: exitFailed, lines: strings.Split(err.Error(), "\n")}
}

// describeStore says why a store that is used directly, without a server, cannot be used. Its cause says what to do as
// well.
func describeStore(e *apikey.Error) *failure {
	text := e.Message
	if e.Cause != nil {
		text = strings.TrimSuffix(text, " Try again shortly.") // which helps with few causes: see the hint
		joint := ": "
		if strings.HasSuffix(text, ".") {
			joint = " The cause: "
		}
		text += joint + passwords.ReplaceAllString(strings.Join(strings.Fields(e.Cause.Error()), " "), "$1${3}xxxxx$2")
	}
	f := failed(exitFailed, "", "%s", text)
	var network *net.OpError
	if errors.As(e.Cause, &network) || errors.Is(e.Cause, context.DeadlineExceeded) {
		f.hint = "look whether the database runs and can be reached; if it is only starting, try again shortly"
	}
	return f
}

// passwords matches passwords in addresses, and the text around them. No cause is known to hold one.
var passwords = regexp.MustCompile(`(://[^/@\s:]*:)\S+(@)|((?:^|[\s?&])password=)[^\s&]+`)

// helpHint points to the help of the command that ran.
func (a *app) helpHint() string { return "see " + a.command.CommandPath() + " --help" }

// addressHint says where the address came from and how to give another.
func (a *app) addressHint() string {
	return fmt.Sprintf("the address is from %s; give another with --url, OSTIARY_URL or a context", a.urlFrom)
}

// describeAnswer says what a server answered.
func (a *app) describeAnswer(e *api.Error) *failure {
	if e.Code == apikey.CodeNoEndpoint {
		return failed(exitNoConnection, a.addressHint(),
			"a gate answers there, and keys are not managed through it; the management address is the one of the console, by default http://127.0.0.1:7171")
	}
	f := failed(exitFailed, "", "%s", e.Detail)
	switch e.Status {
	case http.StatusBadRequest:
		f.exit, f.hint = exitUsage, a.helpHint()
		if len(e.Errors) > 0 {
			f.lines = a.fieldLines(e.Errors)
		}
	case http.StatusConflict:
		switch {
		case len(e.Errors) > 0 && a.isOf("endpoint"): // as with other mistakes in its fields, or among them
			f.exit, f.lines = exitUsage, a.fieldLines(e.Errors)
		case e.Code != apikey.CodeDuplicateName: // where the sentence says it
			f.lines = append(f.lines, a.fieldLines(e.Errors)...)
		}
	case http.StatusUnauthorized:
		f.exit, f.hint = exitNotAllowed, "the API key is from "+a.keyFrom+
			"; give another with --api-key-file, OSTIARY_API_KEY or a context"
	case http.StatusForbidden:
		f.exit, f.hint = exitNotAllowed, "the API key is from "+a.keyFrom+"; "+a.whoMay()
	case http.StatusNotFound:
		f.exit, f.hint = exitNotFound, "see which keys there are: ostiary key list"
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		f.hint = "try again shortly"
		if e.RetryAfter > 0 {
			f.hint = fmt.Sprintf("try again in %s", e.RetryAfter)
		}
	}
	if hint := a.conflictHint(e.Code); hint != "" {
		f.hint = hint
	}
	return f
}

// fieldLines say what is wrong with fields, by the flags that set them.
func (a *app) fieldLines(wrong []apikey.FieldError) (lines []string) {
	for _, field := range wrong {
		lines = append(lines, a.flagOf(field.Field)+": "+field.Detail)
	}
	return lines
}

// isOf reports whether the command that ran is one of a group.
func (a *app) isOf(group string) bool {
	return a.command.HasParent() && a.command.Parent().Name() == group
}

// whoMay says which API keys the command that ran takes.
func (a *app) whoMay() string {
	if a.command.Annotations[takesAnyKey] != "" {
		return "verifying takes one that is not limited to endpoints and may be used from here; its role does not matter"
	}
	return "managing keys takes one with the role Admin that may be used from here"
}

// conflictHint says what to do when keys or pools as they are do not allow what
// was asked for, in lines that can be typed; empty for other codes.
func (a *app) conflictHint(code apikey.Code) string {
	flags := a.command.Flags()
	args, name := flags.Args(), flags.Lookup("name")
	force := ""
	if flags.Lookup("force") != nil {
		force = "; or go on all the same: " + commandLine(a.command, args) + " --force"
	}
	pools := a.isOf("pool")
	switch {
	case pools && (code == apikey.CodeNotFound || code == apikey.CodeDuplicateName):
		return "see which pools there are: ostiary pool list"
	case pools && code == apikey.CodeConflict && len(args) == 1:
		return "see them: ostiary key list --pool " + term.Quote(args[0]) + "; revoke them all: ostiary pool revoke " +
			term.Quote(args[0]) + force
	case a.isOf("endpoint"):
		if code == apikey.CodeNotFound || code == apikey.CodeDuplicateName || code == apikey.CodeConflict {
			return "see which endpoints there are, and were removed: ostiary endpoint list"
		}
	case code == apikey.CodeDuplicateName && name != nil:
		return "choose another name, or see the key that has it: ostiary key get " + term.Quote(name.Value.String())
	case code == apikey.CodeLastAdmin && pools:
		return anotherAdmin // even if the change is forced
	case code == apikey.CodeLastAdmin:
		return anotherAdmin + force
	}
	return ""
}

const anotherAdmin = "make another Admin key first: ostiary key create another-admin --role Admin"

// flagsOf are the flags by which a field of a request is set.
var flagsOf = map[string][]string{
	"expiresIn":    {"expires-in", "expiration", "never"},
	"expiresAt":    {"expiration", "expires-in", "never"},
	"endpoints":    {"endpoint"},
	"allowedCidrs": {"allow-cidr"},
	"tenants":      {"tenant"},
	"labels":       {"label"},
	"preserveHost": {"preserve-host"},
	"limitPerKey":  {"limit-per-key"},
	"onExpired":    {"on-expired"},
	"defaultTtl":   {"default-ttl"},
	"maxTtl":       {"max-ttl"},
	"roles":        {"role"},
	"limits":       {"limit"},
	"disabledFor":  {"for"},
	"enabled":      {"enable", "disable"},
	"q":            {"search"},
	"keyId":        {"key"},
	"token":        {},
}

// flagOf is the flag that set a field, and the field's own name if none did.
func (a *app) flagOf(field string) string {
	name, rest := field, ""
	if i := strings.IndexAny(field, "[."); i > 0 { // endpoints[2], limits.burst
		name, rest = field[:i], field[i:]
	}
	flags, ok := flagsOf[name]
	if !ok {
		flags = []string{name}
	}
	first := ""
	for _, flag := range flags {
		if a.command.Flags().Lookup(flag) == nil {
			continue
		}
		if first == "" || a.command.Flags().Changed(flag) && !a.command.Flags().Changed(first) {
			first = flag
		}
	}
	switch {
	case first == "" && name == "name" && a.isOf("endpoint") && a.command.Flags().NArg() > 0:
		return "NAME"
	case first == "":
		return field
	case first == "name" && !a.command.Flags().Changed(first): // see nameArgument
		return "NAME"
	}
	return "--" + first + strings.Replace(rest, ".", " ", 1)
}
